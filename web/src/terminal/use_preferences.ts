import { useState } from "preact/hooks";
import { t } from "../shared/i18n";
import { lastingStorage, loadPreferences, savePreferences, type Preferences } from "./preferences";

/** The person's preferences, and a way to change them. */
export function usePreferences(say: (words: string) => void): readonly [Preferences, (next: Preferences) => void] {
  const [preferences, setPreferences] = useState(() => loadPreferences(lastingStorage()));
  const prefer = (next: Preferences) => {
    if (next.screenReader !== preferences.screenReader) say(t(`terminal.reader.${next.screenReader ? "on" : "off"}`));
    setPreferences(next);
    savePreferences(lastingStorage(), next);
  };
  return [preferences, prefer];
}
