import { describe, expect, it } from "vitest";
import { Problem } from "./problem";
import type { Status } from "./status";
import { MIN_INTERVAL_MS, StatusFeed, type StatusAnswer } from "./status_feed";

type Answer = StatusAnswer | Problem;
const says = (phase: string, etag: string): StatusAnswer => ({ status: { phase } as Status, etag });
const away = new Problem("unreachable", 0, "");

/** Plays answers, then "no access", which ends the feed. */
async function play(answers: Answer[]) {
  const heard: string[] = [];
  const asked: (string | null)[] = [];
  const pauses_ms: number[] = [];
  const queue = [...answers, new Problem("access_required", 401, "")];
  const feed = new StatusFeed(
    async (etag) => {
      asked.push(etag);
      const answer = queue.shift();
      if (answer === undefined || answer instanceof Problem) throw answer;
      return answer;
    },
    async (ms) => void pauses_ms.push(ms),
    {
      changed: (status) => heard.push(status.phase),
      trouble: (problem) => heard.push(problem === null ? "well again" : "trouble"),
      denied: () => heard.push("denied"),
    },
    () => 1,
  );
  await feed.run(new AbortController().signal);
  return { heard, asked, pauses_ms };
}

describe("the status feed", () => {
  it("asks with the newest etag and tells only changes", async () => {
    const { heard, asked } = await play([says("queued", "1"), says("queued", "1"), { status: null, etag: "1" }, says("ready", "2")]);
    expect(heard).toEqual(["queued", "ready", "denied"]);
    expect(asked).toEqual([null, "1", "1", "1", "2"]);
  });

  it("never asks in a busy loop, however fast the answers are", async () => {
    const { pauses_ms } = await play([says("queued", "1"), says("queued", "1"), says("queued", "1")]);
    expect(Math.min(...pauses_ms)).toBe(MIN_INTERVAL_MS);
  });

  it("backs off while there is no answer and says when it is well again", async () => {
    const { heard, pauses_ms } = await play([says("queued", "1"), away, away, says("queued", "1")]);
    expect(heard).toEqual(["queued", "trouble", "trouble", "well again", "denied"]);
    expect(pauses_ms).toEqual([1000, 1000, 2000, 1000]);
  });
});
