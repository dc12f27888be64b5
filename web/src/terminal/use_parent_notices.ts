import { useEffect } from "preact/hooks";
import { tellParent } from "../shared/parent";

/** Tells the embedding page when the terminal is usable, stopped or out of reach. */
export function useParentNotices(ref: string | null, state: string): void {
  useEffect(() => {
    if (ref !== null && state === "connected") tellParent("ready", ref);
    if (state === "stopped") tellParent("stopped", ref);
    if (state === "denied") tellParent("expired", ref);
  }, [state, ref]);
}
