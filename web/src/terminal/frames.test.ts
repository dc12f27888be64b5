import { describe, expect, it } from "vitest";
import { decodeData, encodeData, parseText } from "./frames";

describe("binary frames", () => {
  it("carry a number in eight bytes, big-endian, then the data", () => {
    const frame = encodeData(258, Uint8Array.of(7, 8));
    expect([...frame]).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 7, 8]);
    expect(decodeData(frame.buffer)).toEqual({ number: 258, data: Uint8Array.of(7, 8) });
  });

  it("hold numbers beyond 32 bits", () => {
    const number = 5 * 2 ** 40 + 3;
    expect(decodeData(encodeData(number, new Uint8Array()).buffer)?.number).toBe(number);
  });

  it("that are too short are none", () => {
    expect(decodeData(new ArrayBuffer(7))).toBeNull();
  });
});

describe("text frames", () => {
  it("of a newer agent are ignored", () => {
    expect(parseText('{"t":"weather","sunny":true}')).toBeNull();
    expect(parseText('{"t":"ack","input":3,"new_field":1}')).toMatchObject({ t: "ack", input: 3 });
  });
});
