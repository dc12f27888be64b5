import { FitAddon } from "@xterm/addon-fit";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { t } from "../shared/i18n";
import { allowStyleAttributes, withAdoptedSheets } from "./csp";
import { leavesTerminal, wantsCopy } from "./keys";
import type { Preferences } from "./preferences";
import { isTerminalReply, ReplyGate } from "./replies";
import type { Size } from "./session";
import { followScheme } from "./theme";

const SCROLLBACK_LINES = 10_000;
const DEFAULT_SIZE: Size = { cols: 80, rows: 24 };
const MIN_SIZE: Size = { cols: 2, rows: 1 };

export interface ScreenEvents {
  /** Bytes for the program: typing, pasting, mouse reports, and the terminal's own answers where they may go. */
  input(data: Uint8Array): void;
  /** The window has room for another number of cells. */
  room(size: Size): void;
  /** The person wants to leave the terminal by keyboard. */
  leave(): void;
  copied(): void;
  title(title: string): void;
}

/** The screen: xterm, fitted to its box. */
export class Screen {
  private readonly terminal: Terminal;
  private readonly fit = new FitAddon();
  private readonly replies = new ReplyGate(() => performance.now());
  private room: Size = DEFAULT_SIZE;

  constructor(
    private readonly box: HTMLElement,
    private readonly events: ScreenEvents,
    preferences: Preferences,
  ) {
    const fontFamily = getComputedStyle(document.documentElement).getPropertyValue("--mono");
    this.terminal = new Terminal({
      allowProposedApi: true,
      scrollback: SCROLLBACK_LINES,
      cursorBlink: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily,
      fontSize: preferences.fontSize_px,
      screenReaderMode: preferences.screenReader,
      lineHeight: 1.15,
      macOptionIsMeta: true,
      minimumContrastRatio: 4.5,
    });
    this.open();
    this.listen();
  }

  /** How many cells the window has room for. */
  get size(): Size {
    return this.room;
  }

  /** The size in force may be smaller than our room: another tab shares the terminal. */
  resize({ cols, rows }: Size): void {
    this.terminal.resize(Math.max(cols, MIN_SIZE.cols), Math.max(rows, MIN_SIZE.rows));
  }

  draw(output: Uint8Array, replayed: boolean, drawn: () => void): void {
    const replayEnds = replayed ? this.replies.replayBegins() : () => undefined;
    this.terminal.write(output, () => {
      replayEnds();
      drawn();
    });
  }

  /** Queued behind the output that is still to be drawn, unlike `reset`. */
  clear(): void {
    this.terminal.write("\x1bc");
  }

  /** Words of ours between the program's. */
  note(text: string): void {
    this.terminal.write(`\r\n\x1b[0m\x1b[2m— ${text}\x1b[0m\r\n`);
  }

  programStarted(): void {
    this.replies.active();
  }

  prefer({ fontSize_px, screenReader }: Preferences): void {
    this.terminal.options.fontSize = fontSize_px;
    this.terminal.options.screenReaderMode = screenReader;
    this.measure();
  }

  focus(): void {
    this.terminal.focus();
  }

  private open(): void {
    this.terminal.loadAddon(this.fit);
    this.terminal.loadAddon(new WebLinksAddon((_, url) => window.open(url, "_blank", "noopener,noreferrer")));
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = "11";
    allowStyleAttributes(this.box);
    withAdoptedSheets(() => this.terminal.open(this.box));
    this.terminal.textarea?.setAttribute("aria-label", t("terminal.label"));
    followScheme((theme) => (this.terminal.options.theme = theme));
  }

  private listen(): void {
    this.terminal.onData((data) => this.take(data, new TextEncoder().encode(data)));
    this.terminal.onBinary((data) => this.take(data, Uint8Array.from(data, (char) => char.charCodeAt(0) & 0xff)));
    this.terminal.onTitleChange((title) => this.events.title(title));
    this.terminal.attachCustomKeyEventHandler((event) => this.passesKey(event));
    new ResizeObserver(() => this.measure()).observe(this.box);
    void document.fonts?.ready.then(() => this.measure());
  }

  private take(data: string, bytes: Uint8Array): void {
    if (!isTerminalReply(data)) this.replies.active();
    else if (!this.replies.mayReply()) return;
    this.events.input(bytes);
  }

  private passesKey(event: KeyboardEvent): boolean {
    if (leavesTerminal(event)) {
      if (event.type === "keydown") this.events.leave();
      return false;
    }
    if (!wantsCopy(event, this.terminal.hasSelection())) return true;
    event.preventDefault();
    if (event.type === "keydown") this.copy();
    return false;
  }

  private copy(): void {
    void navigator.clipboard?.writeText(this.terminal.getSelection()).then(() => this.events.copied());
  }

  private measure(): void {
    const room = this.fit.proposeDimensions();
    if (room === undefined || Number.isNaN(room.cols) || Number.isNaN(room.rows)) return;
    if (room.cols === this.room.cols && room.rows === this.room.rows) return;
    this.room = { cols: room.cols, rows: room.rows };
    this.events.room(this.room);
  }
}
