import type { TabStorage } from "../shared/tab_storage";
import { decodeData, encodeData, type Attached, type FromAgent, type ToAgent } from "./frames";
import { Outbox } from "./outbox";

/** What the session does to the world; the page gives a socket and a screen, the tests give fakes. */
export interface Surroundings {
  sendText(message: ToAgent): void;
  sendData(frame: Uint8Array<ArrayBuffer>): void;
  /** Draws output and calls back when it is drawn. `replayed`: old output, whose questions were answered before. */
  draw(output: Uint8Array, replayed: boolean, drawn: () => void): void;
  clearScreen(): void;
  /** The size in force: the smallest over the attached tabs. */
  sized(size: Size): void;
  attached(freshProgram: boolean): void;
  ended(exit: Exit): void;
  inputLost(): void;
}

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export interface Exit {
  readonly exit_code: number | null;
  readonly signal: string | number | null;
}

/** The tab tells how far it has drawn each time it has drawn this much. */
const SEEN_EVERY_BYTES = 64 * 1024;

/** One tab's view of a terminal session, over any number of sockets: nothing is lost, nothing is doubled. */
export class Session {
  private readonly outbox: Outbox;
  private incarnation: string | null;
  private isAttached = false;
  private hasEnded = false;
  /** The number of the next output byte that this page needs. A fresh page has an empty screen: 0. */
  private needed = 0;
  private replayEnd = 0;
  private drawn = 0;
  private toldSeen = 0;

  constructor(
    private readonly client: string,
    private readonly storage: TabStorage,
    private readonly around: Surroundings,
  ) {
    this.outbox = new Outbox(storage, client);
    this.incarnation = storage.getItem(this.incarnationKey);
  }

  /** A new socket is open: say who we are and what we need. */
  opened(size: Size): void {
    this.isAttached = false;
    this.hasEnded = false;
    const { client, incarnation, needed: seen } = this;
    this.around.sendText({ t: "attach", client, incarnation, seen, ...size });
  }

  /** Some input has been sent and not been acknowledged yet. */
  get awaitsAck(): boolean {
    return this.isAttached && this.outbox.pending.length > 0;
  }

  closed(): void {
    this.isAttached = false;
  }

  /** Takes what a person typed or pasted. False when too much is waiting. After the end it goes nowhere. */
  typed(data: Uint8Array): boolean {
    if (this.hasEnded) return true;
    const frames = this.outbox.push(data);
    if (this.isAttached) this.send(frames);
    return frames.length > 0 || data.length === 0;
  }

  resized(size: Size): void {
    if (this.isAttached) this.around.sendText({ t: "resize", ...size });
  }

  receivedText(message: FromAgent): void {
    switch (message.t) {
      case "attached":
        return this.attach(message);
      case "ack":
        return this.outbox.acknowledge(message.input);
      case "size":
        return this.around.sized({ cols: message.cols, rows: message.rows });
      case "exit":
        return this.end(message);
    }
  }

  /** Takes output. False when bytes are missing before it: the socket is of no use, reattach. */
  receivedData(frame: ArrayBuffer): boolean {
    const output = decodeData(frame);
    if (output === null || !this.isAttached || output.number > this.needed) return false;
    const fresh = output.data.subarray(this.needed - output.number);
    if (fresh.length > 0) this.draw(fresh);
    return true;
  }

  private attach(message: Attached): void {
    const sameLife = message.incarnation === this.incarnation;
    const firstLife = this.incarnation === null;
    if (message.lost || (!sameLife && !firstLife)) this.around.clearScreen();
    this.settleInput(message, sameLife || firstLife);
    this.incarnation = message.incarnation;
    this.storage.setItem(this.incarnationKey, message.incarnation);
    this.needed = this.drawn = this.toldSeen = message.from;
    this.replayEnd = message.end;
    this.isAttached = true;
    this.around.sized({ cols: message.cols, rows: message.rows });
    this.around.attached(message.end === 0);
    this.send(this.outbox.pending);
  }

  /** Keeps what the agent still needs. What was typed for another life of the program, or can't be told from what
   *  was applied because the agent has forgotten us, is given up rather than typed twice or into the wrong program. */
  private settleInput(message: Attached, sameLife: boolean): void {
    this.outbox.acknowledge(message.input);
    const first = this.outbox.pending[0]?.number ?? this.outbox.next;
    if (sameLife && first === message.input + 1) return;
    if (this.outbox.restart(message.input) > 0) this.around.inputLost();
  }

  private send(frames: readonly { number: number; data: Uint8Array }[]): void {
    for (const frame of frames) this.around.sendData(encodeData(frame.number, frame.data));
  }

  private draw(output: Uint8Array): void {
    const life = this.incarnation;
    const start = this.needed;
    const end = start + output.length;
    this.needed = end;
    this.around.draw(output, start < this.replayEnd, () => {
      if (life === this.incarnation) this.hasDrawn(end);
    });
  }

  private hasDrawn(offset: number): void {
    this.drawn = Math.max(this.drawn, offset);
    if (!this.isAttached || this.drawn - this.toldSeen < SEEN_EVERY_BYTES) return;
    this.toldSeen = this.drawn;
    this.around.sendText({ t: "seen", offset: this.drawn });
  }

  private end(exit: Exit): void {
    this.hasEnded = true;
    this.outbox.restart(this.outbox.next - 1);
    this.around.ended({ exit_code: exit.exit_code, signal: exit.signal });
  }

  private get incarnationKey(): string {
    return `qj.terminal.${this.client}.incarnation`;
  }
}
