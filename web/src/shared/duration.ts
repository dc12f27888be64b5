import { translate, type Language } from "./i18n";

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86400;

/** A length of time in words, rounded the way people speak: seconds below two minutes, then minutes, hours, days. */
export function inWords(seconds: number, language: Language): string {
  if (seconds < 2 * MINUTE_S) return translate(language, "duration.seconds", { n: Math.max(0, Math.round(seconds)) });
  if (seconds < 2 * HOUR_S) return translate(language, "duration.minutes", { n: Math.round(seconds / MINUTE_S) });
  if (seconds < 2 * DAY_S) return translate(language, "duration.hours", { n: Math.round(seconds / HOUR_S) });
  return translate(language, "duration.days", { n: Math.round(seconds / DAY_S) });
}

/** A range such as "20–60 seconds", in the unit of its longer end. */
export function rangeInWords([low_s, high_s]: readonly [number, number], language: Language): string {
  const minutes = high_s >= 2 * MINUTE_S;
  const unit = minutes ? MINUTE_S : 1;
  const [low, high] = [Math.max(minutes ? 1 : 0, Math.round(low_s / unit)), Math.round(high_s / unit)];
  const n = low === high ? String(high) : `${low}–${high}`;
  return translate(language, minutes ? "duration.minutes" : "duration.seconds", { n });
}
