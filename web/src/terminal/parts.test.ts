import { describe, expect, it } from "vitest";
import { endingSoon } from "./expiry";
import { leavesTerminal, wantsCopy, type Key } from "./keys";
import { joinPath, parentPath, sizeInWords } from "./paths";
import { loadPreferences } from "./preferences";
import { Uploads, type Upload } from "./uploads";

describe("paths", () => {
  it("are joined below home, below folders and below the root", () => {
    expect([joinPath(".", "a"), joinPath("a/b", "c"), joinPath("/", "etc")]).toEqual(["a", "a/b/c", "/etc"]);
  });

  it("lead up as far as there is an up", () => {
    expect(["a/b", "a", ".", "..", "/etc/ssl", "/etc", "/"].map(parentPath)).toEqual(["a", ".", "..", "../..", "/etc", "/", null]);
  });

  it("show sizes people can read", () => {
    expect([15, 8100, 3_400_000, 150 * 2 ** 20].map(sizeInWords)).toEqual(["15 B", "7.9 KiB", "3.2 MiB", "150 MiB"]);
  });
});

describe("the warning before the end", () => {
  const now_ms = Date.parse("2026-01-01T10:00:00Z");
  const at = (minutes: number) => new Date(now_ms + minutes * 60_000).toISOString();
  const ready = { phase: "ready", expires_at: null, idle_stop_at: null } as const;

  it("comes five minutes before, for the nearer end", () => {
    expect(endingSoon({ ...ready, expires_at: at(6) }, now_ms)).toBeNull();
    expect(endingSoon({ ...ready, expires_at: at(5), idle_stop_at: at(2) }, now_ms)).toMatchObject({ why: "idle", left_s: 120 });
  });

  it("does not come for a sandbox that is not running", () => {
    expect(endingSoon({ ...ready, phase: "stopped", expires_at: at(1) }, now_ms)).toBeNull();
  });
});

describe("keys", () => {
  const key = (over: Partial<Key>): Key => ({ key: "", code: "", ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...over });

  it("leave Ctrl+C to the program and take Ctrl+Shift+C for copying", () => {
    const ctrlC = key({ code: "KeyC", ctrlKey: true });
    expect([wantsCopy(ctrlC, true), wantsCopy({ ...ctrlC, shiftKey: true }, true)]).toEqual([false, true]);
    expect(wantsCopy({ ...ctrlC, shiftKey: true }, false)).toBe(false);
  });

  it("have a way out of the terminal", () => {
    expect(leavesTerminal(key({ key: "F6", ctrlKey: true, shiftKey: true }))).toBe(true);
    expect(leavesTerminal(key({ key: "F6" }))).toBe(false);
  });
});

describe("preferences", () => {
  it("survive nonsense in the storage", () => {
    expect(loadPreferences({ getItem: () => "{" })).toEqual({ fontSize_px: 14, screenReader: false });
    expect(loadPreferences({ getItem: () => '{"fontSize_px":900,"screenReader":true}' })).toEqual({ fontSize_px: 32, screenReader: true });
  });
});

describe("uploads", () => {
  const file = (name: string) => ({ name, path: name, file: new Blob() });
  const kinds = (list: readonly Upload[]) => list.map((upload) => upload.state.kind);

  it("go one after the other; each can be stopped, and a failure stops only itself", async () => {
    let list: readonly Upload[] = [];
    const open = new Map<string, { end: () => void; fail: (error: unknown) => void }>();
    const send = (path: string, _file: Blob, _progress: unknown, signal: AbortSignal) =>
      new Promise<void>((end, fail) => {
        open.set(path, { end, fail });
        signal.addEventListener("abort", () => fail(signal.reason));
      });
    const settled = () => new Promise((resolve) => setTimeout(resolve));
    const uploads = new Uploads(send, (news) => (list = news));
    uploads.add(["a", "b", "c", "d"].map(file));
    uploads.cancel(3);
    open.get("a")?.fail({ status: 507 });
    await settled();
    expect(kinds(list)).toEqual(["failed", "sending", "cancelled", "waiting"]);
    uploads.cancel(2);
    await settled();
    open.get("d")?.end();
    uploads.retry(1);
    await settled();
    open.get("a")?.end();
    await settled();
    expect(kinds(list)).toEqual(["done", "cancelled", "cancelled", "done"]);
  });
});
