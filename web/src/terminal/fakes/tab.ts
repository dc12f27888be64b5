import type { TabStorage } from "../../shared/tab_storage";
import type { ToAgent } from "../frames";
import { Session, type Surroundings } from "../session";
import type { FakeAgent, Frame } from "./agent";

/** More deliveries than any test needs. */
const SETTLE_LIMIT = 20_000;
const SIZE = { cols: 80, rows: 24 };

/** A page with a session, and a socket to the fake agent whose two directions deliver when told to. */
export class FakeTab {
  screen: number[] = [];
  inputLost = 0;
  gaps = 0;
  private session: Session;
  private toAgent: (ToAgent | ArrayBuffer)[] = [];
  private toTab: Frame[] = [];
  private open = false;

  constructor(
    private readonly agent: FakeAgent,
    private readonly storage: TabStorage,
    private readonly client = "tab-1",
  ) {
    this.session = this.freshSession();
  }

  connect(): void {
    this.open = true;
    this.session.opened(SIZE);
  }

  /** The socket breaks; whatever was on the way in either direction is gone. */
  cut(): void {
    this.open = false;
    this.toAgent = [];
    this.toTab = [];
    this.session.closed();
  }

  /** A reload: the screen and all memory are gone, the tab's storage stays. */
  reload(): void {
    this.cut();
    this.screen = [];
    this.session = this.freshSession();
  }

  type(text: string): boolean {
    return this.session.typed(new TextEncoder().encode(text));
  }

  /** The agent's program prints; this tab hears of it if its socket is open. */
  print(bytes: Uint8Array): void {
    const frame = this.agent.print(bytes);
    if (this.open) this.toTab.push(frame);
  }

  deliverToAgent(): void {
    const frame = this.toAgent.shift();
    if (frame === undefined) return;
    const answer = frame instanceof ArrayBuffer ? this.agent.take(this.client, frame) : this.message(frame);
    if (answer === null) {
      this.gaps += 1;
      return this.cut();
    }
    this.toTab.push(...answer);
  }

  deliverToTab(): void {
    const frame = this.toTab.shift();
    if (frame === undefined) return;
    if (!(frame instanceof ArrayBuffer)) return this.session.receivedText(frame);
    if (!this.session.receivedData(frame)) this.cut();
  }

  /** Delivers everything, connecting again as often as it takes. */
  settle(): void {
    if (!this.open) this.connect();
    for (let left = SETTLE_LIMIT; this.toAgent.length + this.toTab.length > 0; left--) {
      if (left === 0) throw new Error("it never settles");
      this.deliverToAgent();
      this.deliverToTab();
      if (!this.open) this.connect();
    }
  }

  get shown(): string {
    return new TextDecoder().decode(Uint8Array.from(this.screen));
  }

  private message(message: ToAgent): Frame[] {
    return message.t === "attach" ? this.agent.attach(message) : [];
  }

  private freshSession(): Session {
    return new Session(this.client, this.storage, this.surroundings());
  }

  private surroundings(): Surroundings {
    return {
      sendText: (message) => void this.toAgent.push(message),
      sendData: (frame) => void this.toAgent.push(frame.buffer),
      draw: (output, _replayed, drawn) => {
        this.screen.push(...output);
        drawn();
      },
      clearScreen: () => (this.screen = []),
      sized: () => undefined,
      attached: () => undefined,
      ended: () => undefined,
      inputLost: () => (this.inputLost += 1),
    };
  }
}
