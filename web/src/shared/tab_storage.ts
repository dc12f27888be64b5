/** The part of `sessionStorage` that we use; it lives as long as the tab, over reloads. */
export type TabStorage = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

/** Stands in where the browser forbids storage (some do in frames): then a reload forgets. */
export class MemoryStorage implements TabStorage {
  private readonly items = new Map<string, string>();

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}

export function tabStorage(): TabStorage {
  try {
    return window.sessionStorage;
  } catch {
    return new MemoryStorage();
  }
}
