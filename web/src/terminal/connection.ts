import { Backoff } from "../shared/backoff";
import type { Problem } from "../shared/problem";
import { onItsWay, type Status } from "../shared/status";
import { isFinal, type Pause } from "../shared/status_feed";
import { CLOSE } from "./frames";

export type ConnectionState = "connecting" | "connected" | "reconnecting" | "stopped" | "ended" | "denied";

/** How one socket's life went. */
export interface Conversation {
  readonly attached: boolean;
  readonly code: number;
  /** The program ended; a new attach would start it again, so only the person may ask for that. */
  readonly programEnded: boolean;
  readonly lived_ms: number;
}

export interface ConnectionParts {
  /** Opens one socket and settles when it is closed. */
  converse(signal: AbortSignal): Promise<Conversation>;
  statusNow(): Promise<Status>;
  pause: Pause;
  state(state: ConnectionState): void;
  random?: () => number;
}

const RETRY = { first_ms: 250, max_ms: 8000 };
/** A socket that lived this long was a good one: the next pause is short again. */
const STABLE_MS = 5000;

type Verdict = "connect" | "denied";

/** Keeps one socket open to the terminal for as long as that makes sense, and never wakes a stopped sandbox. */
export class Connection {
  private readonly backoff: Backoff;
  private latest: Status | null = null;
  private notify: () => void = () => undefined;
  private restartAsked = false;

  constructor(private readonly parts: ConnectionParts) {
    this.backoff = new Backoff(RETRY, parts.random);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.parts.state("connecting");
    while (!signal.aborted) {
      const conversation = await this.parts.converse(signal);
      if (signal.aborted) return;
      if ((await this.afterwards(conversation, signal)) === "denied") return this.parts.state("denied");
    }
  }

  /** News from whoever follows the status; a wait for "ready" ends with it. */
  statusChanged(status: Status): void {
    this.latest = status;
    this.notify();
  }

  /** The person asks for a new program after the last one ended. */
  restart(): void {
    this.restartAsked = true;
    this.notify();
  }

  private async afterwards(conversation: Conversation, signal: AbortSignal): Promise<Verdict> {
    if (conversation.lived_ms >= STABLE_MS) this.backoff.reset();
    const mustAsk = conversation.code === CLOSE.sandboxStopping || !conversation.attached;
    if (conversation.programEnded && !mustAsk) return this.untilRestart(signal);
    this.parts.state("reconnecting");
    await this.parts.pause(this.backoff.next_ms(), signal);
    return mustAsk ? this.untilReady(signal) : "connect";
  }

  private async untilRestart(signal: AbortSignal): Promise<Verdict> {
    this.parts.state("ended");
    this.restartAsked = false;
    // A stop ends the program too; then it is the sandbox that has to come back, not the person's Enter.
    await this.until(() => this.restartAsked || this.hasStopped(), signal);
    if (!this.restartAsked) return this.untilReady(signal);
    this.parts.state("connecting");
    return "connect";
  }

  /** Asks before trying: a socket that can't open says nothing about why. */
  private async untilReady(signal: AbortSignal): Promise<Verdict> {
    while (!signal.aborted) {
      const verdict = await this.askStatus(signal);
      if (verdict !== null) return verdict;
      await this.parts.pause(this.backoff.next_ms(), signal);
    }
    return "connect";
  }

  private async askStatus(signal: AbortSignal): Promise<Verdict | null> {
    try {
      this.latest = await this.parts.statusNow();
    } catch (error) {
      return isFinal(error as Problem) ? "denied" : null;
    }
    if (this.latest.phase === "ready") return "connect";
    this.parts.state(onItsWay(this.latest) ? "reconnecting" : "stopped");
    await this.until(() => this.latest?.phase === "ready", signal);
    this.backoff.reset();
    return "connect";
  }

  private hasStopped(): boolean {
    return this.latest !== null && this.latest.phase !== "ready";
  }

  private until(isTrue: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.notify = () => {
        if (!isTrue() && !signal.aborted) return;
        this.notify = () => undefined;
        resolve();
      };
      signal.addEventListener("abort", () => this.notify(), { once: true });
      this.notify();
    });
  }
}
