import type { Text } from "./i18n";

/** The phases that this release knows; any other word means "not ready". */
export const PHASES = [
  "queued",
  "provisioning",
  "starting",
  "ready",
  "stopping",
  "stopped",
  "failed",
  "deleting",
  "deleted",
] as const;
export type Phase = (typeof PHASES)[number] | "unknown";

export interface Cause {
  readonly slug: string;
  readonly stage: string | null;
  readonly who: string | null;
  readonly retryable: boolean;
  readonly text: Text;
  readonly next: Text | null;
}

export interface QueuePlace {
  readonly place: number;
  readonly estimate_s: readonly [number, number] | null;
}

/** What `GET /_qj/status` says about the sandbox behind this page. */
export interface Status {
  readonly sandbox: string;
  readonly ref: string;
  readonly app: string;
  readonly kind: string;
  readonly phase: Phase;
  readonly wanted: string;
  readonly cause: Cause | null;
  readonly queue: QueuePlace | null;
  readonly expires_at: string | null;
  readonly idle_stop_at: string | null;
  readonly max_expires_at: string | null;
  readonly can_wake: boolean;
  readonly can_extend: boolean;
  readonly reentry_url: string | null;
  readonly role: string;
  readonly server_time: string | null;
}

export function toPhase(word: string): Phase {
  return PHASES.find((phase) => phase === word) ?? "unknown";
}

/** The server's JSON with an unknown phase made harmless; fields we don't know are left alone. */
export function parseStatus(body: unknown): Status {
  const raw = body as Omit<Status, "phase"> & { phase: string };
  return { ...raw, phase: toPhase(raw.phase) };
}

/** True when waiting is worth it: the sandbox is ready or on its way there. */
export function onItsWay(status: Pick<Status, "phase" | "wanted">): boolean {
  switch (status.phase) {
    case "ready":
    case "queued":
    case "provisioning":
    case "starting":
      return true;
    case "stopping":
    case "stopped":
      return status.wanted === "running";
    case "unknown":
      return status.wanted === "running";
    case "failed":
    case "deleting":
    case "deleted":
      return false;
  }
}
