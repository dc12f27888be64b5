import { onItsWay } from "../shared/status";
import type { App, Sandbox } from "./types";

/** What may be done with a sandbox in its present state. */
export interface Offers {
  readonly open: boolean;
  readonly start: boolean;
  readonly stop: boolean;
  readonly reset: boolean;
  readonly extend: boolean;
  readonly delete: boolean;
}

export function offersOf(sandbox: Pick<Sandbox, "phase" | "wanted">): Offers {
  const leaving = sandbox.phase === "deleting" || sandbox.phase === "deleted";
  const running = !leaving && sandbox.wanted === "running" && onItsWay(sandbox);
  return {
    open: sandbox.phase === "ready",
    start: !leaving && !running,
    stop: running || (!leaving && sandbox.phase === "failed"),
    reset: !leaving,
    extend: running,
    delete: !leaving,
  };
}

/** The app that a click on "open" means: the terminal if there is one, else the first with an address. */
export function mainApp(apps: readonly App[]): App | null {
  const ways = apps.filter((app) => app.kind !== "tcp");
  return ways.find((app) => app.kind === "terminal") ?? ways[0] ?? null;
}

/** `python-lab@sha256:0123…` as a name and a version short enough to read. */
export function templateParts(template: string): { readonly name: string; readonly version: string } {
  const [name = "", digest = ""] = template.split("@sha256:");
  return { name, version: digest.slice(0, 8) };
}

const REF_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** A name for a sandbox that nobody has named; without letters that look alike. */
export function newRef(random: () => number): string {
  const letter = () => REF_LETTERS[Math.floor(random() * REF_LETTERS.length)];
  return `try-${Array.from({ length: 6 }, letter).join("")}`;
}
