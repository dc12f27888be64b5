import { t } from "../shared/i18n";

/** Where a link to a file leads, as its `target`. */
export const DOWNLOADS = "qj-downloads";

/**
 * Takes the answers to links that lead to files. Links with `download` would not do: inside another site's frame
 * Chromium sends no partitioned cookie for them, and we have no other there. Plain links would not do either: a refusal
 * would take the terminal's place.
 */
export function DownloadFrame({ onSay }: { onSay: (words: string) => void }) {
  const loaded = (event: Event) => isFilled(event.currentTarget as HTMLIFrameElement) && onSay(t("files.refused"));
  return <iframe name={DOWNLOADS} hidden aria-hidden="true" tabIndex={-1} onLoad={loaded} />;
}

/** A file that comes down leaves the frame empty; only a refusal is shown in it. */
function isFilled({ contentWindow }: HTMLIFrameElement): boolean {
  try {
    return contentWindow?.location.href !== "about:blank";
  } catch {
    // What comes from a machine is of another origin than we are.
    return true;
  }
}
