import { describe, expect, it } from "vitest";
import { Problem } from "../shared/problem";
import type { Phase, Status } from "../shared/status";
import { Connection, type ConnectionState, type Conversation } from "./connection";

type Answer = Phase | "unreachable" | "denied";
const GOOD: Conversation = { attached: true, code: 1006, programEnded: false, lived_ms: 60_000 };
const STOPPING: Conversation = { ...GOOD, code: 4001 };
const UNOPENED: Conversation = { ...GOOD, attached: false, lived_ms: 1 };
const ENDED: Conversation = { ...GOOD, code: 1005, programEnded: true };

const status = (phase: Phase, wanted = "running") => ({ phase, wanted }) as Status;

/** Plays conversations and status answers one after the other; the last conversation stays open. */
function play(conversations: Conversation[], answers: Answer[] = []) {
  const states: ConnectionState[] = [];
  const pauses_ms: number[] = [];
  const ending = new AbortController();
  let opened = 0;
  const connection = new Connection({
    converse: (signal) => {
      const next = conversations[opened++];
      if (next !== undefined) return Promise.resolve(next);
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(GOOD)));
    },
    statusNow: async () => answerOf(answers.shift() ?? "ready"),
    pause: async (ms) => void pauses_ms.push(ms),
    state: (state) => states.push(state),
    random: () => 1,
  });
  const ended = connection.run(ending.signal);
  return { connection, states, pauses_ms, ended, opened: () => opened, end: () => ending.abort(), left: answers };
}

function answerOf(answer: Answer): Status {
  if (answer === "unreachable") throw new Problem("unreachable", 0, "");
  if (answer === "denied") throw new Problem("access_required", 401, "");
  return status(answer, answer === "stopped" ? "stopped" : "running");
}

const settled = async () => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};

describe("a connection", () => {
  it("reconnects after a broken socket, soon after a good one and later after each bad one", async () => {
    const short = { ...GOOD, lived_ms: 10 };
    const run = play([GOOD, short, short, GOOD]);
    await settled();
    expect(run.pauses_ms).toEqual([250, 500, 1000, 250]);
    expect(run.opened()).toBe(5);
    run.end();
    await run.ended;
  });

  it("never waits longer than eight seconds", async () => {
    const run = play(Array.from({ length: 12 }, () => ({ ...GOOD, lived_ms: 1 })));
    await settled();
    expect(Math.max(...run.pauses_ms)).toBe(8000);
    run.end();
  });

  it("asks for the status before a try after 4001, and stops when the sandbox has stopped", async () => {
    const run = play([STOPPING], ["stopped"]);
    await settled();
    expect([run.opened(), run.states.at(-1)]).toEqual([1, "stopped"]);
    run.connection.statusChanged(status("starting"));
    await settled();
    expect(run.opened()).toBe(1);
    run.connection.statusChanged(status("ready"));
    await settled();
    expect(run.opened()).toBe(2);
    run.end();
  });

  it("asks after a socket that never opened, and keeps asking while the network is away", async () => {
    const run = play([UNOPENED], ["unreachable", "unreachable", "ready"]);
    await settled();
    expect([run.opened(), run.left.length]).toEqual([2, 0]);
    run.end();
  });

  it("ends when access is gone", async () => {
    const run = play([UNOPENED], ["denied"]);
    await run.ended;
    expect(run.states.at(-1)).toBe("denied");
  });

  it("starts an ended program again only when the person asks", async () => {
    const run = play([ENDED]);
    await settled();
    expect([run.opened(), run.states.at(-1)]).toEqual([1, "ended"]);
    run.connection.restart();
    await settled();
    expect(run.opened()).toBe(2);
    run.end();
  });

  it("comes back by itself when the program ended because the sandbox stopped", async () => {
    const run = play([ENDED], ["stopped"]);
    await settled();
    run.connection.statusChanged(status("stopping", "stopped"));
    await settled();
    expect([run.opened(), run.states.at(-1)]).toEqual([1, "stopped"]);
    run.connection.statusChanged(status("ready"));
    await settled();
    expect(run.opened()).toBe(2);
    run.end();
  });
});
