import { useEffect, useRef, useState } from "preact/hooks";
import type { ConnectionState } from "./connection";
import { Engine } from "./engine";
import type { Preferences } from "./preferences";
import type { Size } from "./session";

export interface Running {
  readonly box: preact.RefObject<HTMLDivElement>;
  readonly engine: Engine | null;
  readonly state: ConnectionState;
  readonly sharedSize: Size | null;
  readonly title: string;
}

/** Runs a terminal in a box for as long as the component lives. */
export function useEngine(preferences: Preferences, say: (words: string) => void, leave: () => void): Running {
  const box = useRef<HTMLDivElement>(null);
  const [engine, setEngine] = useState<Engine | null>(null);
  const [state, setState] = useState<ConnectionState>("connecting");
  const [sharedSize, setSharedSize] = useState<Size | null>(null);
  const [title, setTitle] = useState("");
  useEffect(() => {
    if (box.current === null) return;
    const ending = new AbortController();
    const events = { state: setState, sharedSize: setSharedSize, title: setTitle, say, leave };
    const made = new Engine(box.current, events, preferences);
    setEngine(made);
    void made.run(ending.signal);
    made.screen.focus();
    return () => ending.abort();
  }, []);
  useEffect(() => engine?.screen.prefer(preferences), [engine, preferences]);
  return { box, engine, state, sharedSize, title };
}
