import { request, jsonBody } from "./problem";
import { parseStatus, type Status } from "./status";
import type { StatusAnswer } from "./status_feed";

const WAIT_S = 25;

/** The paths that our proxy serves on every app's host. */
export async function fetchStatus(etag: string | null, signal: AbortSignal): Promise<StatusAnswer> {
  const query = etag === null ? "" : `?${new URLSearchParams({ wait_s: String(WAIT_S), etag })}`;
  const response = await request(`/_qj/status${query}`, { signal });
  const status = response.status === 200 ? parseStatus(await response.json()) : null;
  return { status, etag: response.headers.get("etag") };
}

export async function statusNow(): Promise<Status> {
  return parseStatus(await (await request("/_qj/status")).json());
}

export async function enter(ticket: string): Promise<{ next?: unknown }> {
  return (await request("/_qj/enter", jsonBody({ ticket }))).json();
}

export async function wake(): Promise<void> {
  await request("/_qj/wake", { method: "POST" });
}

export interface Extended {
  readonly expires_at: string;
  readonly limited_by: string | null;
}

export async function extend(): Promise<Extended> {
  return (await request("/_qj/extend", { method: "POST" })).json();
}

/** Sleeps until the time is over, the page comes back to sight or the network returns. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const woken = () => document.visibilityState === "visible" && done();
    const done = () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", woken);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    document.addEventListener("visibilitychange", woken);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
