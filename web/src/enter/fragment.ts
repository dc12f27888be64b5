import { safePath } from "../shared/links";

export interface Fragment {
  readonly ticket: string | null;
  readonly next: string | null;
}

/** Reads `#ticket=…&next=/lab`. */
export function readFragment(hash: string): Fragment {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  return { ticket: params.get("ticket") || null, next: safePath(params.get("next")) };
}

export type EnterProblem = "ticket_spent" | "ticket_expired" | "ticket_unknown" | "unavailable";

/** What the person can do depends only on these four; everything else is "try again". */
export function enterProblem(type: string): EnterProblem {
  return type === "ticket_spent" || type === "ticket_expired" || type === "ticket_unknown" ? type : "unavailable";
}
