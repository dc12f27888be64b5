import type { TabStorage } from "../shared/tab_storage";

export interface InputFrame {
  readonly number: number;
  readonly data: Uint8Array;
}

/** One frame holds at most this much, so that a large paste is acknowledged piece by piece. */
export const FRAME_LIMIT_BYTES = 16 * 1024;
/** More input than this does not wait for an acknowledgement. */
export const OUTBOX_LIMIT_BYTES = 2 * 1024 * 1024;

/** Input that the agent has not acknowledged, in order, kept in the tab's storage so that a reload keeps it. */
export class Outbox {
  private frames: InputFrame[];
  private size_bytes: number;
  private last: number;

  constructor(
    private readonly storage: TabStorage,
    private readonly client: string,
  ) {
    this.frames = this.load();
    this.size_bytes = this.frames.reduce((sum, frame) => sum + frame.data.length, 0);
    this.last = this.frames.at(-1)?.number ?? Number(this.storage.getItem(this.lastKey) ?? 0);
  }

  get pending(): readonly InputFrame[] {
    return this.frames;
  }

  /** Takes input and numbers it; an empty answer when too much is waiting already. */
  push(data: Uint8Array): readonly InputFrame[] {
    if (this.size_bytes + data.length > OUTBOX_LIMIT_BYTES) return [];
    const added: InputFrame[] = [];
    for (let at = 0; at < data.length; at += FRAME_LIMIT_BYTES) {
      added.push(this.append(data.slice(at, at + FRAME_LIMIT_BYTES)));
    }
    return added;
  }

  /** Forgets what the agent has applied. */
  acknowledge(number: number): void {
    const isApplied = (frame: InputFrame) => frame.number <= number;
    for (const frame of this.frames.filter(isApplied)) this.forget(frame);
    this.frames = this.frames.filter((frame) => !isApplied(frame));
  }

  /** Forgets everything and goes on counting after `applied`. Answers how many bytes were given up. */
  restart(applied: number): number {
    const given_up_bytes = this.size_bytes;
    for (const frame of this.frames) this.forget(frame);
    this.frames = [];
    this.last = applied;
    this.keep(this.lastKey, String(applied));
    return given_up_bytes;
  }

  /** The number that the next frame will get. */
  get next(): number {
    return this.last + 1;
  }

  private append(data: Uint8Array): InputFrame {
    const frame = { number: this.next, data };
    this.last = frame.number;
    this.frames.push(frame);
    this.size_bytes += data.length;
    this.keep(this.frameKey(frame.number), toBase64(data));
    this.keep(this.lastKey, String(frame.number));
    return frame;
  }

  private forget(frame: InputFrame): void {
    this.size_bytes -= frame.data.length;
    this.storage.removeItem(this.frameKey(frame.number));
  }

  /** A full storage costs only what a reload would have saved. */
  private keep(key: string, value: string): void {
    try {
      this.storage.setItem(key, value);
    } catch {
      this.storage.removeItem(key);
    }
  }

  private load(): InputFrame[] {
    const prefix = this.frameKey("");
    const keys = Array.from({ length: this.storage.length }, (_, i) => this.storage.key(i) ?? "");
    return keys
      .filter((key) => key.startsWith(prefix))
      .map((key) => ({
        number: Number(key.slice(prefix.length)),
        data: fromBase64(this.storage.getItem(key) ?? ""),
      }))
      .sort((a, b) => a.number - b.number);
  }

  private frameKey(number: number | ""): string {
    return `qj.terminal.${this.client}.input.${number}`;
  }

  private get lastKey(): string {
    return `qj.terminal.${this.client}.last`;
  }
}

function toBase64(data: Uint8Array): string {
  return btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}
