import * as appHost from "../shared/app_host";
import { t } from "../shared/i18n";
import type { Status } from "../shared/status";
import { tabStorage } from "../shared/tab_storage";
import { claimClient } from "./client";
import { Connection, type ConnectionState } from "./connection";
import { SUBPROTOCOL } from "./frames";
import type { Preferences } from "./preferences";
import { Screen } from "./screen";
import { Session, type Exit, type Size } from "./session";
import { Socket } from "./socket";

export interface EngineEvents {
  state(state: ConnectionState): void;
  /** The size in force when another tab makes it smaller than our window, else null. */
  sharedSize(size: Size | null): void;
  say(words: string): void;
  leave(): void;
  title(title: string): void;
}

const ENTER = 13;

/** Joins screen, session, socket and connection of one terminal page. */
export class Engine {
  readonly screen: Screen;
  private readonly socket: Socket;
  private readonly connection: Connection;
  private session: Session | null = null;
  /** Typed while this tab's name was still being claimed. */
  private early: Uint8Array[] = [];
  private state: ConnectionState = "connecting";
  private inForce: Size | null = null;

  constructor(
    box: HTMLElement,
    private readonly events: EngineEvents,
    preferences: Preferences,
  ) {
    const url = `${location.origin.replace(/^http/, "ws")}/_qj/terminal`;
    this.socket = new Socket(() => new WebSocket(url, SUBPROTOCOL));
    window.addEventListener("offline", () => this.socket.abandon());
    this.screen = new Screen(
      box,
      {
        input: (data) => this.typed(data),
        room: (size) => this.roomChanged(size),
        leave: () => events.leave(),
        copied: () => events.say(t("terminal.copied")),
        title: (title) => events.title(title),
      },
      preferences,
    );
    this.connection = new Connection({
      converse: (signal) => this.converse(signal),
      statusNow: appHost.statusNow,
      pause: appHost.pause,
      state: (state) => this.stateChanged(state),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const storage = tabStorage();
    const client = await claimClient(storage, navigator.locks);
    this.session = new Session(client, storage, this.surroundings());
    for (const data of this.early.splice(0)) this.typed(data);
    await this.connection.run(signal);
  }

  statusChanged(status: Status): void {
    this.connection.statusChanged(status);
  }

  private converse(signal: AbortSignal) {
    if (this.session === null) throw new Error("converse before run");
    return this.socket.converse(this.session, () => this.screen.size, signal);
  }

  private surroundings() {
    return {
      sendText: this.socket.sendText.bind(this.socket),
      sendData: this.socket.sendData.bind(this.socket),
      draw: this.screen.draw.bind(this.screen),
      clearScreen: () => this.screen.clear(),
      sized: (size: Size) => this.sized(size),
      attached: (freshProgram: boolean) => this.attached(freshProgram),
      ended: (exit: Exit) => this.screen.note(t("terminal.ended", { how: howItEnded(exit) })),
      inputLost: () => this.events.say(t("terminal.input_lost")),
    };
  }

  private attached(freshProgram: boolean): void {
    if (freshProgram) this.screen.programStarted();
    this.stateChanged("connected");
  }

  private typed(data: Uint8Array): void {
    if (this.state === "ended") {
      if (data.includes(ENTER)) this.connection.restart();
      return;
    }
    if (this.session === null) this.early.push(data);
    else if (!this.session.typed(data)) this.events.say(t("terminal.input_full"));
  }

  private sized(size: Size): void {
    this.inForce = size;
    this.screen.resize(size);
    this.tellSharedSize();
  }

  /** Alone we draw at the new size at once; with others the agent says which size rules. */
  private roomChanged(size: Size): void {
    if (this.session === null || this.inForce === null) this.screen.resize(size);
    this.session?.resized(size);
    this.tellSharedSize();
  }

  private tellSharedSize(): void {
    const { size } = this.screen;
    const smaller = this.inForce !== null && (this.inForce.cols < size.cols || this.inForce.rows < size.rows);
    this.events.sharedSize(smaller ? this.inForce : null);
  }

  private stateChanged(state: ConnectionState): void {
    this.state = state;
    this.events.state(state);
  }
}

function howItEnded({ exit_code, signal }: Exit): string {
  return signal === null ? t("terminal.exit_code", { code: exit_code ?? "?" }) : t("terminal.signal", { signal });
}
