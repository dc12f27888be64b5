const KEY = "qj.waiting.reloads";
const QUIET_MS = 60_000;
const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;

interface Reloads {
  readonly count: number;
  readonly at_ms: number;
}

/** How long to wait before reloading into the app. At once the first time; longer each time it leads back here,
 *  as when one proxy says "ready" and another has not heard of it yet. */
export function reloadPause_ms(storage: Pick<Storage, "getItem" | "setItem">, now_ms: number): number {
  const last = read(storage);
  const count = last !== null && now_ms - last.at_ms < QUIET_MS ? last.count : 0;
  storage.setItem(KEY, JSON.stringify({ count: count + 1, at_ms: now_ms } satisfies Reloads));
  return count === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (count - 1), MAX_PAUSE_MS);
}

function read(storage: Pick<Storage, "getItem">): Reloads | null {
  try {
    return JSON.parse(storage.getItem(KEY) ?? "null") as Reloads | null;
  } catch {
    return null;
  }
}
