import { describe, expect, it } from "vitest";
import { isTerminalReply, ReplyGate } from "./replies";

describe("the terminal's own answers", () => {
  it.each(["\x1b[?1;2c", "\x1b[>0;276;0c", "\x1b[12;40R", "\x1b[0n", "\x1b[?2026;2$y", "\x1b[8;24;80t"])("%j is one", (data) => {
    expect(isTerminalReply(data)).toBe(true);
  });

  it.each(["\x1b]11;rgb:0e0e/1414/1111\x1b\\", "\x1bP1$r0m\x1b\\", "\x1b[?1;2c\x1b[1;1R"])("%j is one", (data) => {
    expect(isTerminalReply(data)).toBe(true);
  });

  it.each(["a", "\r", "\x1b", "\x1b[A", "\x1bOP", "\x1b[15~", "\x1b[1;5C", "\x1b[200~x\x1b[201~", "\x1b[<0;1;1M", "\x1b[I", "c"])(
    "%j is typing",
    (data) => {
      expect(isTerminalReply(data)).toBe(false);
    },
  );
});

describe("the gate", () => {
  it("lets answers through only near the person's own typing, and not during a replay", () => {
    let now_ms = 0;
    const gate = new ReplyGate(() => now_ms);
    expect(gate.mayReply()).toBe(false);
    gate.active();
    expect(gate.mayReply()).toBe(true);
    const drawn = gate.replayBegins();
    expect(gate.mayReply()).toBe(false);
    drawn();
    expect(gate.mayReply()).toBe(true);
    now_ms = 30_000;
    expect(gate.mayReply()).toBe(false);
  });
});
