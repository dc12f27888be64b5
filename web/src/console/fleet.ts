import { PHASES, type Phase } from "../shared/status";
import type { RegionEvent, Sandbox } from "./types";

/** Every sandbox that the console knows, by id. Immutable: each change gives a new one. */
export interface Fleet {
  readonly sandboxes: ReadonlyMap<string, Sandbox>;
  /** The number of the newest event applied, per sandbox: an older one never overwrites it. */
  readonly applied: ReadonlyMap<string, number>;
}

export const EMPTY: Fleet = { sandboxes: new Map(), applied: new Map() };

/** `E7.1042` is number 1042 of the store's seventh epoch; they compare within one epoch. */
export function positionNumber(position: string): number {
  return Number(position.slice(position.indexOf(".") + 1));
}

/** Takes one page of the list; what an event has already told us is newer. */
export function withPage(fleet: Fleet, page: readonly Sandbox[]): Fleet {
  const sandboxes = new Map(fleet.sandboxes);
  for (const sandbox of page) if (!fleet.applied.has(sandbox.id)) sandboxes.set(sandbox.id, sandbox);
  return { ...fleet, sandboxes };
}

/** Takes one event of the watch, in any order and any number of times. */
export function withEvent(fleet: Fleet, event: RegionEvent): Fleet {
  const sandbox = event.sandbox;
  const number = positionNumber(event.position);
  if (!sandbox || number <= (fleet.applied.get(sandbox.id) ?? -1)) return fleet;
  const sandboxes = new Map(fleet.sandboxes);
  if (event.type === "sandbox.deleted" || sandbox.phase === "deleted") sandboxes.delete(sandbox.id);
  else sandboxes.set(sandbox.id, withPlace(sandbox, fleet.sandboxes.get(sandbox.id)));
  return { ...fleet, sandboxes, applied: new Map(fleet.applied).set(sandbox.id, number) };
}

/** Events carry no place in the queue; the last one that we read stays until it is read again. */
function withPlace(sandbox: Sandbox, before: Sandbox | undefined): Sandbox {
  const keeps = sandbox.phase === "queued" && sandbox.queue === null && before?.phase === "queued";
  return keeps ? { ...sandbox, queue: before.queue } : sandbox;
}

/** Takes a sandbox that was read by itself, for example for its place in the queue. */
export function withSandbox(fleet: Fleet, sandbox: Sandbox): Fleet {
  const before = fleet.sandboxes.get(sandbox.id);
  if (before !== undefined && before.generation > sandbox.generation) return fleet;
  return { ...fleet, sandboxes: new Map(fleet.sandboxes).set(sandbox.id, sandbox) };
}

export interface Filter {
  readonly text: string;
  readonly phase: Phase | null;
}

/** The sandboxes to show, newest first. Words of the search must each be in some field. */
export function shown(fleet: Fleet, filter: Filter): readonly Sandbox[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return [...fleet.sandboxes.values()]
    .filter((sandbox) => filter.phase === null || sandbox.phase === filter.phase)
    .filter((sandbox) => words.every((word) => searchable(sandbox).includes(word)))
    .sort((a, b) => b.created_at.localeCompare(a.created_at) || a.id.localeCompare(b.id));
}

function searchable({ id, ref, template, tenant, owner, class_id, labels }: Sandbox): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}:${value}`);
  return [id, ref, template, tenant, owner, class_id ?? "", ...pairs].join(" ").toLowerCase();
}

/** How many there are of each phase, in the order of a sandbox's life. */
export function countsOf(fleet: Fleet): readonly (readonly [Phase, number])[] {
  const all = [...fleet.sandboxes.values()];
  const phases: readonly Phase[] = [...PHASES, "unknown"];
  return phases
    .map((phase) => [phase, all.filter((sandbox) => sandbox.phase === phase).length] as const)
    .filter(([, count]) => count > 0);
}
