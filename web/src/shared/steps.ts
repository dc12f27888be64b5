import type { Phase, Status } from "./status";

export const STEP_NAMES = ["queued", "provisioning", "starting", "ready"] as const;
export type StepName = (typeof STEP_NAMES)[number];
export type StepState = "done" | "current" | "todo" | "failed";

export interface Step {
  readonly name: StepName;
  readonly state: StepState;
}

/** The way to ready as four steps; null when the sandbox is not on that way (stopped, being removed). */
export function stepsOf(status: Pick<Status, "phase" | "cause">): readonly Step[] | null {
  if (status.phase === "failed") return stepsUpTo(failedStep(status.cause?.stage ?? null), "failed");
  const at = STEP_NAMES.find((name) => name === status.phase);
  if (at === undefined) return null;
  return stepsUpTo(at, at === "ready" ? "done" : "current");
}

function failedStep(stage: string | null): StepName {
  return STEP_NAMES.find((name) => name === stage) ?? "starting";
}

function stepsUpTo(last: StepName, state: StepState): readonly Step[] {
  const index = STEP_NAMES.indexOf(last);
  return STEP_NAMES.map((name, i) => ({ name, state: i < index ? "done" : i === index ? state : "todo" }));
}

/** What kind of sentence the page says above the steps. */
export type Headline = "queued" | "preparing" | "ready" | "stopping" | "stopped" | "failed" | "removed" | "restarting";

export function headlineOf(status: Pick<Status, "phase" | "wanted">): Headline {
  return status.wanted === "running" && (status.phase === "stopping" || status.phase === "stopped")
    ? "restarting"
    : HEADLINES[status.phase];
}

const HEADLINES: Readonly<Record<Phase, Headline>> = {
  queued: "queued",
  provisioning: "preparing",
  starting: "preparing",
  unknown: "preparing",
  ready: "ready",
  stopping: "stopping",
  stopped: "stopped",
  failed: "failed",
  deleting: "removed",
  deleted: "removed",
};
