import { randomUUID } from "node:crypto";
import { WebSocketServer } from "ws";

const KEEP_BYTES = 1 << 20;
const PROMPT = "\x1b[1;32mstudent@main\x1b[0m:\x1b[1;34m~\x1b[0m$ ";
const COMMANDS = {
  help: () => "commands: help, ls, colors, seq N, ask, title TEXT, exit\r\n",
  ls: () => "\x1b[1;34mdata\x1b[0m  main.py  notes.md  \x1b[1;34m练习\x1b[0m\r\n",
  colors: () =>
    [..."01234567"].map((n) => `\x1b[3${n}m colour ${n} \x1b[9${n}m bright \x1b[4${n}m  \x1b[0m\r\n`).join("") +
    "\x1b[38;2;255;120;0mtrue colour\x1b[0m \x1b[1mbold\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4munderline\x1b[0m https://example.com/docs\r\n",
  seq: (n) => Array.from({ length: Number(n) || 10 }, (_, i) => `${i + 1}\r\n`).join(""),
  ask: () => "\x1b[c\x1b[6n",
  title: (...words) => `\x1b]0;${words.join(" ")}\x07`,
};

/** An agent that speaks `qj.terminal.v1` in front of a line editor that calls itself a shell. */
export class TerminalMock {
  sockets = new Map();
  clients = new Map();

  constructor(status) {
    this.status = status;
    this.server = new WebSocketServer({ noServer: true, handleProtocols: () => "qj.terminal.v1" });
    this.restart();
  }

  restart() {
    this.incarnation = randomUUID();
    this.output = Buffer.alloc(0);
    this.dropped = 0;
    this.line = "";
    this.clients.clear();
    this.exited = false;
    this.print(`\x1b[2mQingjiao mock shell, try: help\x1b[0m\r\n${PROMPT}`);
  }

  get end() {
    return this.dropped + this.output.length;
  }

  upgrade(request, socket, head) {
    if (!this.status.isReady) return socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
    this.server.handleUpgrade(request, socket, head, (ws) => {
      ws.on("message", (data, isBinary) => (isBinary ? this.input(ws, data) : this.message(ws, JSON.parse(data))));
      ws.on("close", () => this.sockets.delete(ws));
    });
  }

  message(ws, message) {
    if (message.t === "attach") return this.attach(ws, message);
    const tab = this.sockets.get(ws);
    if (message.t === "resize" && tab) Object.assign(tab, { cols: message.cols, rows: message.rows });
    if (message.t === "resize") this.tellSize();
  }

  attach(ws, { client, incarnation, seen, cols, rows }) {
    if (this.exited) this.restart();
    const same = incarnation === null || incarnation === this.incarnation;
    const from = same ? Math.max(seen, this.dropped) : this.dropped;
    const lost = !same || from !== seen;
    this.sockets.set(ws, { client, cols, rows });
    const input = this.clients.get(client) ?? 0;
    ws.send(JSON.stringify({ t: "attached", incarnation: this.incarnation, from, end: this.end, lost, input, ...this.size() }));
    this.send(ws, from, this.output.subarray(from - this.dropped));
    this.tellSize();
  }

  size() {
    const tabs = [...this.sockets.values()];
    return { cols: Math.min(...tabs.map((tab) => tab.cols)), rows: Math.min(...tabs.map((tab) => tab.rows)) };
  }

  tellSize() {
    for (const ws of this.sockets.keys()) ws.send(JSON.stringify({ t: "size", ...this.size() }));
  }

  input(ws, frame) {
    const { client } = this.sockets.get(ws);
    const number = Number(frame.readBigUInt64BE(0));
    const applied = this.clients.get(client) ?? 0;
    if (number > applied + 1) return ws.close(4002, "input gap");
    if (number === applied + 1) {
      this.clients.set(client, number);
      for (const char of frame.subarray(8).toString()) this.key(char);
    }
    ws.send(JSON.stringify({ t: "ack", input: number }));
  }

  key(char) {
    if (char === "\r") return this.run();
    if (char === "\x7f") return this.line === "" ? undefined : this.erase();
    this.line += char;
    this.print(char === "\x1b" ? "^[" : char);
  }

  erase() {
    this.line = this.line.slice(0, -1);
    this.print("\b \b");
  }

  run() {
    const [name, ...args] = this.line.trim().split(/\s+/);
    this.line = "";
    if (name === "exit") return this.exit();
    const output = name === "" ? "" : (COMMANDS[name]?.(...args) ?? `${name}: command not found\r\n`);
    this.print(`\r\n${output}${PROMPT}`);
  }

  exit() {
    this.exited = true;
    for (const ws of this.sockets.keys()) ws.send(JSON.stringify({ t: "exit", exit_code: 0, signal: null }));
  }

  print(text) {
    const bytes = Buffer.from(text);
    const at = this.end;
    this.output = Buffer.concat([this.output, bytes]);
    const over = Math.max(0, this.output.length - KEEP_BYTES);
    this.output = this.output.subarray(over);
    this.dropped += over;
    for (const ws of this.sockets.keys()) this.send(ws, at, bytes);
  }

  send(ws, offset, bytes) {
    const head = Buffer.alloc(8);
    head.writeBigUInt64BE(BigInt(offset));
    ws.send(Buffer.concat([head, bytes]));
  }

  cut(code) {
    for (const ws of this.sockets.keys()) code === 1006 ? ws.terminate() : ws.close(code);
  }
}
