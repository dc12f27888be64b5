import { decodeData, encodeData, type FromAgent, type ToAgent } from "../frames";

/** What goes to a tab: a message or a binary frame. */
export type Frame = FromAgent | ArrayBuffer;

/** An agent as `docs/protocols.md` section 3 describes it, with a program that echoes. */
export class FakeAgent {
  incarnation = "life-1";
  output = new Uint8Array(0);
  /** The number of the first byte that is still kept. */
  kept = 0;
  /** Everything that the program was given, in order. */
  readonly applied: number[] = [];
  private readonly inputs = new Map<string, number>();

  get end(): number {
    return this.kept + this.output.length;
  }

  /** Another life of the program: nothing of the old one is known. */
  restartProgram(incarnation: string): void {
    this.incarnation = incarnation;
    this.output = new Uint8Array(0);
    this.kept = 0;
    this.forgetClients();
  }

  forgetClients(): void {
    this.inputs.clear();
  }

  print(bytes: Uint8Array): ArrayBuffer {
    const frame = encodeData(this.end, bytes);
    this.output = Uint8Array.from([...this.output, ...bytes]);
    return frame.buffer;
  }

  /** Drops the oldest output, as a full ring does. */
  overrun(bytes: number): void {
    this.kept += bytes;
    this.output = this.output.slice(bytes);
  }

  attach(message: Extract<ToAgent, { t: "attach" }>): Frame[] {
    const sameLife = message.incarnation === null || message.incarnation === this.incarnation;
    const from = sameLife ? Math.max(message.seen, this.kept) : this.kept;
    const lost = !sameLife || from !== message.seen;
    const input = this.inputs.get(message.client) ?? 0;
    const { incarnation, end } = this;
    const attached: FromAgent = { t: "attached", incarnation, from, end, lost, input, cols: 80, rows: 24 };
    return [attached, encodeData(from, this.output.slice(from - this.kept)).buffer];
  }

  /** Applies input once, in order; null is a gap, which closes the socket. */
  take(client: string, frame: ArrayBuffer): Frame[] | null {
    const input = decodeData(frame);
    const last = this.inputs.get(client) ?? 0;
    if (input === null || input.number > last + 1) return null;
    const ack: FromAgent = { t: "ack", input: input.number };
    if (input.number <= last) return [ack];
    this.inputs.set(client, input.number);
    this.applied.push(...input.data);
    return [this.print(input.data), ack];
  }
}
