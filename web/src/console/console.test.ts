import { describe, expect, it } from "vitest";
import { mainApp, newRef, offersOf, templateParts } from "./actions";
import { countsOf, EMPTY, positionNumber, shown, withEvent, withPage, withSandbox } from "./fleet";
import type { RegionEvent, Sandbox } from "./types";

const sandbox = (over: Partial<Sandbox>): Sandbox =>
  ({ id: "bj-1", ref: "r1", template: "lab@sha256:ab", tenant: "t", owner: "u", class_id: null, labels: {}, wanted: "running", phase: "queued", generation: 1, queue: null, cause: null, apps: [], created_at: "2026-01-01T09:00:00Z", ...over }) as Sandbox;
const event = (position: string, over: Partial<Sandbox>, more: Partial<RegionEvent> = {}): RegionEvent => ({
  position,
  type: "sandbox.changed",
  at: "2026-01-01T10:00:01Z",
  changed: ["phase"],
  sandbox: sandbox(over),
  ...more,
});
const phases = (fleet: typeof EMPTY) => shown(fleet, { text: "", phase: null }).map(({ phase }) => phase);

describe("the fleet", () => {
  const listed = withPage(EMPTY, [sandbox({ queue: { place: 2, estimate_s: null } })]);

  it("follows events, in any order and any number of times", () => {
    const news = [event("E1.7", { phase: "ready" }), event("E1.6", { phase: "starting" }), event("E1.7", { phase: "ready" })];
    expect(phases(news.reduce(withEvent, listed))).toEqual(["ready"]);
  });

  it("does not let the list overwrite what an event has told", () => {
    const early = withEvent(EMPTY, event("E1.9", { phase: "ready" }));
    expect(phases(withPage(early, [sandbox({})]))).toEqual(["ready"]);
  });

  it("forgets what was deleted, and a late event does not bring it back", () => {
    const gone = withEvent(listed, event("E1.8", { phase: "deleted" }, { type: "sandbox.deleted" }));
    expect(phases(withEvent(gone, event("E1.7", { phase: "deleting" })))).toEqual([]);
  });

  it("keeps the place in the queue, which events don't carry, until it is read again", () => {
    const place = (fleet: typeof EMPTY) => fleet.sandboxes.get("bj-1")?.queue?.place;
    const still = withEvent(listed, event("E1.5", { phase: "queued" }));
    expect(place(still)).toBe(2);
    expect(place(withSandbox(still, sandbox({ queue: { place: 1, estimate_s: [1, 2] } })))).toBe(1);
    expect(place(withEvent(still, event("E1.6", { phase: "starting" })))).toBeUndefined();
  });

  it("is searched by every word and filtered by phase, newest first", () => {
    const older = sandbox({ id: "bj-2", ref: "alpha", owner: "zhang", created_at: "2026-01-01T08:00:00Z", phase: "ready" });
    const fleet = withPage(listed, [older, sandbox({ id: "bj-3", ref: "beta", owner: "zhang", labels: { term: "2026a" } })]);
    const refs = (text: string, phase: Sandbox["phase"] | null = null) => shown(fleet, { text, phase }).map(({ ref }) => ref);
    expect(refs("zhang")).toEqual(["beta", "alpha"]);
    expect(refs("Zhang term:2026A")).toEqual(["beta"]);
    expect(refs("", "ready")).toEqual(["alpha"]);
    expect(countsOf(fleet)).toEqual([["queued", 2], ["ready", 1]]);
  });

  it("compares positions by their number", () => {
    expect(positionNumber("E7.1042")).toBe(1042);
  });
});

describe("what is offered", () => {
  const offered = (phase: Sandbox["phase"], wanted = "running") =>
    Object.entries(offersOf({ phase, wanted })).filter(([, yes]) => yes).map(([name]) => name);

  it("depends on phase and wish", () => {
    expect(offered("ready")).toEqual(["open", "stop", "reset", "extend", "delete"]);
    expect(offered("queued")).toEqual(["stop", "reset", "extend", "delete"]);
    expect(offered("stopped", "stopped")).toEqual(["start", "reset", "delete"]);
    expect(offered("failed")).toEqual(["start", "stop", "reset", "delete"]);
    expect(offered("deleting", "deleted")).toEqual([]);
  });

  it("opens the terminal first, else what has a page", () => {
    const app = (name: string, kind: string) => ({ name, kind, url: null });
    expect(mainApp([app("db", "tcp"), app("lab", "http"), app("sh", "terminal")])?.name).toBe("sh");
    expect(mainApp([app("db", "tcp"), app("lab", "http")])?.name).toBe("lab");
    expect(mainApp([app("db", "tcp")])).toBeNull();
  });

  it("names and shortens", () => {
    expect(templateParts("lab@sha256:0123456789")).toEqual({ name: "lab", version: "01234567" });
    expect(newRef(() => 0)).toBe("try-aaaaaa");
  });
});
