import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { encodeData, type FromAgent } from "./frames";
import type { Session } from "./session";
import { Socket } from "./socket";

/** The part of a WebSocket that the page uses. */
class FakeWebSocket {
  readyState = 1;
  binaryType = "";
  sent: unknown[] = [];
  onopen: () => void = () => undefined;
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;

  send(frame: unknown): void {
    this.sent.push(frame);
  }

  close(): void {
    this.readyState = 3;
    this.onclose({ code: 1005 });
  }

  says(message: FromAgent): void {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

const ATTACHED: FromAgent = { t: "attached", incarnation: "i", from: 0, end: 0, lost: false, input: 0, cols: 80, rows: 24 };

function converse() {
  const fake = new FakeWebSocket();
  const heard: string[] = [];
  const session = {
    opened: () => heard.push("opened"),
    closed: () => heard.push("closed"),
    receivedText: ({ t }: FromAgent) => heard.push(t),
    receivedData: (frame: ArrayBuffer) => frame.byteLength > 8,
  } as unknown as Session;
  const socket = new Socket(() => fake as unknown as WebSocket);
  const conversation = socket.converse(session, () => ({ cols: 80, rows: 24 }), new AbortController().signal);
  fake.onopen();
  return { fake, heard, socket, conversation };
}

describe("one socket", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("hears every message after the one that attached it", async () => {
    const { fake, heard, conversation } = converse();
    fake.says(ATTACHED);
    fake.says({ t: "ack", input: 1 });
    fake.says({ t: "size", cols: 70, rows: 20 });
    fake.onclose({ code: 4001 });
    expect(heard).toEqual(["opened", "attached", "ack", "size", "closed"]);
    expect(await conversation).toMatchObject({ attached: true, code: 4001, programEnded: false });
  });

  it("tells a program's end from a broken connection", async () => {
    const { fake, conversation } = converse();
    fake.says(ATTACHED);
    fake.says({ t: "exit", exit_code: 0, signal: null });
    expect(await conversation).toMatchObject({ attached: true, programEnded: true });
  });

  it("is given up when output is missing", async () => {
    const { fake, conversation } = converse();
    fake.says(ATTACHED);
    fake.onmessage({ data: encodeData(0, new Uint8Array()).buffer });
    expect(await conversation).toMatchObject({ attached: true, code: 1005 });
  });

  it("is given up when input stays unacknowledged, but not while acknowledgements come", async () => {
    const { fake, socket, conversation } = converse();
    fake.says(ATTACHED);
    for (let number = 1; number <= 3; number++) {
      socket.sendData(encodeData(number, Uint8Array.of(65)));
      vi.advanceTimersByTime(10_000);
      fake.says({ t: "ack", input: number });
    }
    expect(fake.readyState).toBe(1);
    socket.sendData(encodeData(4, Uint8Array.of(65)));
    vi.advanceTimersByTime(15_000);
    expect(await conversation).toMatchObject({ code: 1005 });
  });
});
