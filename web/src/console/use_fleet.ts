import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../shared/problem";
import * as api from "./api";
import { EMPTY, withEvent, withPage, withSandbox, type Fleet } from "./fleet";
import type { RegionEvent, Sandbox } from "./types";
import { Watch } from "./watch";

export interface LiveFleet {
  readonly fleet: Fleet;
  readonly loading: boolean;
  readonly live: boolean;
  readonly problem: Problem | null;
  /** The newest event that was not about a sandbox, for whoever shows templates or capacity. */
  readonly regionEvent: RegionEvent | null;
  take(sandbox: Sandbox): void;
}

/** The list, kept true by the watch. */
export function useFleet(): LiveFleet {
  const [fleet, setFleet] = useState<Fleet>(EMPTY);
  const [loading, setLoading] = useState(true);
  const [live, setLive] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [regionEvent, setRegionEvent] = useState<RegionEvent | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const take = (page: api.ListedSandboxes, isFirst: boolean) => {
      if (ending.signal.aborted) return;
      setFleet((old) => withPage(isFirst ? EMPTY : old, page.items));
      if (isFirst) watch.follow(page.position, ending.signal);
    };
    const failed = (refusal: Problem) => {
      setProblem(refusal);
      if (refusal.status !== 401) watch.startOver(ending.signal);
    };
    const load = () => {
      setLoading(true);
      loadAll(take)
        .then(() => setProblem(null), failed)
        .finally(() => setLoading(false));
    };
    const event = (news: RegionEvent) => {
      if (news.sandbox) setFleet((old) => withEvent(old, news));
      else setRegionEvent(news);
    };
    const watch = new Watch({ event, live: setLive, startOver: load });
    load();
    return () => ending.abort();
  }, []);
  useQueuePlaces(fleet, setFleet);
  const take = (sandbox: Sandbox) => setFleet((old) => withSandbox(old, sandbox));
  return { fleet, loading, live, problem, regionEvent, take };
}

const PLACES_EVERY_MS = 10_000;

/** Reads the places in the queue again now and then, while anything is queued and somebody looks. */
function useQueuePlaces(fleet: Fleet, setFleet: (change: (old: Fleet) => Fleet) => void): void {
  const anyQueued = [...fleet.sandboxes.values()].some((sandbox) => sandbox.phase === "queued");
  useEffect(() => {
    if (!anyQueued) return;
    const read = async () => {
      if (document.visibilityState !== "visible") return;
      const queued = await api.listQueued().catch(() => []);
      setFleet((old) => queued.reduce(withSandbox, old));
    };
    const timer = setInterval(() => void read(), PLACES_EVERY_MS);
    return () => clearInterval(timer);
  }, [anyQueued]);
}

async function loadAll(take: (page: api.ListedSandboxes, isFirst: boolean) => void): Promise<void> {
  let cursor: string | null = null;
  do {
    const page: api.ListedSandboxes = await api.listSandboxes(cursor);
    take(page, cursor === null);
    cursor = page.next;
  } while (cursor !== null);
}
