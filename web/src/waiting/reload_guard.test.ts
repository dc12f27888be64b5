import { describe, expect, it } from "vitest";
import { MemoryStorage } from "../shared/tab_storage";
import { reloadPause_ms } from "./reload_guard";

describe("the reload into the app", () => {
  it("is immediate once, slower each time it leads back, and forgets after a quiet minute", () => {
    const storage = new MemoryStorage();
    expect([0, 1, 2, 3].map((at) => reloadPause_ms(storage, at * 1000))).toEqual([0, 1000, 2000, 4000]);
    expect(reloadPause_ms(storage, 70_000)).toBe(0);
  });
});
