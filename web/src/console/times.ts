import { inWords } from "../shared/duration";
import { language } from "../shared/i18n";

const LOCALE = language === "zh" ? "zh-CN" : "en-GB";
const DAY_MS = 86_400_000;

/** A time as an operator wants it: seconds matter, the date only when it isn't today's. */
export function momentWords(at: string): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const today = Math.abs(Date.now() - date.getTime()) < DAY_MS && date.getDate() === new Date().getDate();
  return today ? time : `${date.toLocaleDateString(LOCALE, { month: "short", day: "numeric" })} ${time}`;
}

/** How long until then; empty when it is over or unknown. */
export function leftWords(at: string | null): string {
  const left_s = at === null ? NaN : (Date.parse(at) - Date.now()) / 1000;
  return left_s > 0 ? inWords(left_s, language) : "";
}
