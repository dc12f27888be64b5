import type { Status } from "../shared/status";

export interface Ending {
  readonly why: "idle" | "expiry";
  readonly at_ms: number;
  readonly left_s: number;
}

/** A warning comes this long before the end. */
export const WARN_BEFORE_S = 300;

/** The nearer of the two ends, when it is near enough to warn about; null otherwise. */
export function endingSoon(status: Pick<Status, "expires_at" | "idle_stop_at" | "phase">, now_ms: number): Ending | null {
  if (status.phase !== "ready") return null;
  const ends = [ending("idle", status.idle_stop_at, now_ms), ending("expiry", status.expires_at, now_ms)];
  const near = ends.filter((end) => end !== null && end.left_s <= WARN_BEFORE_S) as Ending[];
  return near.sort((a, b) => a.at_ms - b.at_ms)[0] ?? null;
}

function ending(why: Ending["why"], at: string | null, now_ms: number): Ending | null {
  const at_ms = at === null ? NaN : Date.parse(at);
  if (Number.isNaN(at_ms)) return null;
  return { why, at_ms, left_s: Math.max(0, Math.round((at_ms - now_ms) / 1000)) };
}
