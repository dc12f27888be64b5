import { parseText, type ToAgent } from "./frames";
import type { Conversation } from "./connection";
import type { Session, Size } from "./session";

/** Unacknowledged input means a dead network, or a program that doesn't read. The first wait is short; it doubles
 *  while nothing moves, so that the second case does not make a storm of reconnects. */
const FIRST_PATIENCE_MS = 15_000;
const MAX_PATIENCE_MS = 240_000;
const NO_CODE = 1006;
/** `WebSocket.OPEN`. */
const OPEN = 1;

/** The WebSocket side of a session: one socket at a time. */
export class Socket {
  private socket: WebSocket | null = null;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private patience_ms = FIRST_PATIENCE_MS;
  private programEnded = false;

  constructor(private readonly open: () => WebSocket) {}

  /** The network is known to be gone: don't wait for the socket to notice. */
  abandon(): void {
    this.socket?.close();
  }

  sendText(message: ToAgent): void {
    this.sendRaw(JSON.stringify(message));
  }

  sendData(frame: Uint8Array<ArrayBuffer>): void {
    this.sendRaw(frame);
    this.watch();
  }

  /** One socket from opening to closing. */
  converse(session: Session, size: () => Size, signal: AbortSignal): Promise<Conversation> {
    return new Promise((resolve) => {
      const socket = this.open();
      const life = { attached: false, since_ms: performance.now() };
      socket.binaryType = "arraybuffer";
      socket.onopen = () => session.opened(size());
      socket.onmessage = ({ data }) => {
        if (typeof data !== "string") return void (session.receivedData(data as ArrayBuffer) || socket.close());
        if (this.takeText(data, session)) life.attached = true;
      };
      const ended = (code: number) => {
        this.forget();
        session.closed();
        resolve({ ...life, code, programEnded: this.programEnded, lived_ms: performance.now() - life.since_ms });
      };
      socket.onclose = ({ code }) => ended(code || NO_CODE);
      signal.addEventListener("abort", () => socket.close(), { once: true });
      this.programEnded = false;
      this.socket = socket;
    });
  }

  /** True when this was the message that attached us. */
  private takeText(text: string, session: Session): boolean {
    const message = parseText(text);
    if (message === null) return false;
    session.receivedText(message);
    if (message.t === "ack") this.calm(session.awaitsAck);
    // Nothing more comes after the end; a closed socket makes that plain to everyone.
    if (message.t === "exit") this.endProgram();
    return message.t === "attached";
  }

  private endProgram(): void {
    this.programEnded = true;
    this.socket?.close();
  }

  private sendRaw(frame: string | Uint8Array<ArrayBuffer>): void {
    if (this.socket?.readyState === OPEN) this.socket.send(frame);
  }

  private watch(): void {
    this.watchdog ??= setTimeout(() => {
      this.patience_ms = Math.min(this.patience_ms * 2, MAX_PATIENCE_MS);
      this.socket?.close();
    }, this.patience_ms);
  }

  private calm(awaitsMore: boolean): void {
    this.patience_ms = FIRST_PATIENCE_MS;
    clearTimeout(this.watchdog);
    this.watchdog = undefined;
    if (awaitsMore) this.watch();
  }

  private forget(): void {
    clearTimeout(this.watchdog);
    this.watchdog = undefined;
    this.socket = null;
  }
}
