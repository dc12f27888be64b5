/** The frames of `qj.terminal.v1`: text frames are JSON with a field `t`, binary frames are a number and data. */
export const SUBPROTOCOL = "qj.terminal.v1";

export const CLOSE = {
  badMessage: 4000,
  sandboxStopping: 4001,
  inputGap: 4002,
  tooSlow: 4003,
} as const;

export interface Attached {
  readonly t: "attached";
  readonly incarnation: string;
  readonly from: number;
  readonly end: number;
  readonly lost: boolean;
  readonly input: number;
  readonly cols: number;
  readonly rows: number;
}

export type FromAgent =
  | Attached
  | { readonly t: "ack"; readonly input: number }
  | { readonly t: "size"; readonly cols: number; readonly rows: number }
  | { readonly t: "exit"; readonly exit_code: number | null; readonly signal: string | number | null };

export type ToAgent =
  | {
      readonly t: "attach";
      readonly client: string;
      readonly incarnation: string | null;
      readonly seen: number;
      readonly cols: number;
      readonly rows: number;
    }
  | { readonly t: "resize"; readonly cols: number; readonly rows: number }
  | { readonly t: "seen"; readonly offset: number };

const KNOWN: ReadonlySet<unknown> = new Set(["attached", "ack", "size", "exit"]);

/** A message of the agent's, or null for kinds that are newer than this page. */
export function parseText(text: string): FromAgent | null {
  const message = JSON.parse(text) as { t?: unknown };
  return KNOWN.has(message.t) ? (message as FromAgent) : null;
}

const NUMBER_BYTES = 8;

/** A number in eight bytes, big-endian, then the data. */
export function encodeData(number: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(NUMBER_BYTES + data.length);
  new DataView(frame.buffer).setBigUint64(0, BigInt(number));
  frame.set(data, NUMBER_BYTES);
  return frame;
}

export interface DataFrame {
  readonly number: number;
  readonly data: Uint8Array;
}

/** The number and data of a binary frame; null when it is too short to be one. */
export function decodeData(frame: ArrayBuffer): DataFrame | null {
  if (frame.byteLength < NUMBER_BYTES) return null;
  const number = Number(new DataView(frame).getBigUint64(0));
  return { number, data: new Uint8Array(frame, NUMBER_BYTES) };
}
