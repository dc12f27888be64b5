/** What a person likes, remembered per host where the browser allows it. */
export interface Preferences {
  readonly fontSize_px: number;
  readonly screenReader: boolean;
}

const KEY = "qj.terminal.preferences";
const FONT_PX = { min: 9, max: 32, normal: 14 } as const;

export function clampFont(size_px: number): number {
  return Math.min(FONT_PX.max, Math.max(FONT_PX.min, Math.round(size_px)));
}

export function loadPreferences(storage: Pick<Storage, "getItem"> | null): Preferences {
  try {
    const saved = JSON.parse(storage?.getItem(KEY) ?? "{}") as Partial<Preferences>;
    return { fontSize_px: clampFont(saved.fontSize_px ?? FONT_PX.normal), screenReader: saved.screenReader === true };
  } catch {
    return { fontSize_px: FONT_PX.normal, screenReader: false };
  }
}

export function savePreferences(storage: Pick<Storage, "setItem"> | null, preferences: Preferences): void {
  try {
    storage?.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // A preference that can't be kept is no reason to disturb anyone.
  }
}

export function lastingStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
