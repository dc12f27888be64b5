import { messages, type MessageKey } from "./messages";

export type Language = "zh" | "en";
/** One sentence in both languages, as our API sends it in a cause. */
export type Text = Readonly<Record<Language, string>>;

/** The first of the browser's languages that we speak; English when there is none. */
export function chooseLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "zh" || primary === "en") return primary;
  }
  return "en";
}

export type Values = Readonly<Record<string, string | number>>;

/** Fills `{name}` places; a place without a value stays visible, so that a mistake is seen. */
export function fill(template: string, values: Values = {}): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

export function translate(language: Language, key: MessageKey, values?: Values): string {
  return fill(messages[key][language], values);
}

/** The page's language: the browser's, settled once when the page loads. */
export const language: Language =
  typeof navigator === "undefined" ? "en" : chooseLanguage(navigator.languages ?? [navigator.language]);

/** A sentence of ours in the page's language. */
export function t(key: MessageKey, values?: Values): string {
  return translate(language, key, values);
}

/** A sentence of the server's in the page's language. */
export function say(text: Text): string {
  return text[language] || text.en;
}
