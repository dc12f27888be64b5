import { Backoff } from "./backoff";
import type { Problem } from "./problem";
import type { Status } from "./status";

/** One answer of `/_qj/status`; `status` is null when nothing changed while the server waited. */
export interface StatusAnswer {
  readonly status: Status | null;
  readonly etag: string | null;
}

export type FetchStatus = (etag: string | null, signal: AbortSignal) => Promise<StatusAnswer>;
export type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

export interface FeedListener {
  changed(status: Status): void;
  /** No answer for now; the feed keeps trying. Null: answers come again. */
  trouble(problem: Problem | null): void;
  /** This browser has no access any more (401, 403), or the sandbox is gone (404); the feed has ended. */
  denied(problem: Problem): void;
}

/** However fast a server answers, we ask no more often than this. */
export const MIN_INTERVAL_MS = 1000;
const RETRY = { first_ms: 1000, max_ms: 30_000 };

/** Asking again won't change such an answer. */
export function isFinal(problem: Pick<Problem, "status">): boolean {
  return problem.status === 401 || problem.status === 403 || problem.status === 404;
}

/** Follows the sandbox's state by long polls, until aborted or denied. */
export class StatusFeed {
  private etag: string | null = null;
  private troubled = false;
  private readonly backoff: Backoff;

  constructor(
    private readonly fetchStatus: FetchStatus,
    private readonly pause: Pause,
    private readonly listener: FeedListener,
    random?: () => number,
  ) {
    this.backoff = new Backoff(RETRY, random);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pause_ms = await this.askOnce(signal);
      if (pause_ms === null || signal.aborted) return;
      await this.pause(pause_ms, signal);
    }
  }

  /** One question; the pause before the next one, or null at the end. */
  private async askOnce(signal: AbortSignal): Promise<number | null> {
    try {
      this.take(await this.fetchStatus(this.etag, signal));
      return MIN_INTERVAL_MS;
    } catch (error) {
      if (signal.aborted) return null;
      return this.fail(error as Problem);
    }
  }

  private take(answer: StatusAnswer): void {
    const news = answer.status !== null && (answer.etag === null || answer.etag !== this.etag);
    this.etag = answer.etag ?? this.etag;
    this.backoff.reset();
    if (this.troubled) this.listener.trouble(null);
    this.troubled = false;
    if (news && answer.status !== null) this.listener.changed(answer.status);
  }

  private fail(problem: Problem): number | null {
    if (isFinal(problem)) {
      this.listener.denied(problem);
      return null;
    }
    this.troubled = true;
    this.listener.trouble(problem);
    return this.backoff.next_ms();
  }
}
