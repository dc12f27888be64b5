import { Backoff } from "../shared/backoff";
import { knownEvent } from "./api";
import { EVENT_TYPES, type RegionEvent } from "./types";

export interface WatchListener {
  event(event: RegionEvent): void;
  live(isLive: boolean): void;
  /** The stream can't be resumed where it was: read the list again. */
  startOver(): void;
}

const RETRY = { first_ms: 1000, max_ms: 30_000 };

/** Follows the region's events after a position until aborted. The browser itself resumes a broken stream where it was;
 *  a stream that was refused (position too old, signed out, region away) is reported after a pause. */
export class Watch {
  private readonly backoff = new Backoff(RETRY);

  constructor(private readonly listener: WatchListener) {}

  follow(position: string, signal: AbortSignal): void {
    if (signal.aborted) return;
    const source = new EventSource(`/v1/events/watch?${new URLSearchParams({ after: position })}`);
    signal.addEventListener("abort", () => source.close());
    const take = ({ data }: MessageEvent<string>) => this.listener.event(knownEvent(JSON.parse(data) as RegionEvent));
    for (const type of ["message", ...EVENT_TYPES]) source.addEventListener(type, take);
    source.onopen = () => {
      this.backoff.reset();
      this.listener.live(true);
    };
    source.onerror = () => {
      this.listener.live(false);
      if (source.readyState === EventSource.CLOSED) this.startOver(signal);
    };
  }

  /** Reports, after a pause, that the list has to be read again. */
  startOver(signal: AbortSignal): void {
    setTimeout(() => signal.aborted || this.listener.startOver(), this.backoff.next_ms());
  }
}
