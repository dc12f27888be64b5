/* What a terminal answers by itself when a program asks it something (device attributes, cursor position, colours,
 * settings, window size). Such an answer is not typing. */
const REPLY = new RegExp(
  [
    "^(?:",
    "\\x1b\\[[?>=]?[\\d;]*c", // device attributes
    "|\\x1b\\[\\??\\d+;\\d+R", // cursor position
    "|\\x1b\\[\\??\\d*n", // device status
    "|\\x1b\\[\\??[\\d;]+\\$y", // mode report
    "|\\x1b\\[\\d+;\\d+;\\d+t", // window report
    "|\\x1b\\][\\d;]*(?:rgba?:|\\?)[^\\x07\\x1b]*(?:\\x07|\\x1b\\\\)", // colours
    "|\\x1bP[^\\x1b]*\\x1b\\\\", // settings
    ")+$",
  ].join(""),
);

export function isTerminalReply(data: string): boolean {
  return REPLY.test(data);
}

/** An answer is sent only by a tab whose person was typing this short a time ago, or that has just started the
 *  program: a teacher who watches must not answer the same question a second time. */
const REPLY_WINDOW_MS = 30_000;

/** Decides which of the terminal's own answers reach the program. */
export class ReplyGate {
  private openUntil_ms = 0;
  private replaying = 0;

  constructor(private readonly now_ms: () => number) {}

  /** A person typed here, or this tab started the program. */
  active(): void {
    this.openUntil_ms = this.now_ms() + REPLY_WINDOW_MS;
  }

  /** Old output is being drawn; its questions were answered when it was new. Call the answer when it is drawn. */
  replayBegins(): () => void {
    this.replaying += 1;
    return () => {
      this.replaying -= 1;
    };
  }

  mayReply(): boolean {
    return this.replaying === 0 && this.now_ms() < this.openUntil_ms;
  }
}
