import { useEffect, useState } from "preact/hooks";
import * as appHost from "../shared/app_host";
import { inWords } from "../shared/duration";
import { language, t } from "../shared/i18n";
import { tellParent } from "../shared/parent";
import type { Status } from "../shared/status";
import { serverClock } from "../ui/use_status";
import { IconButton } from "../ui/icon_button";
import { CloseIcon, WarnIcon } from "../ui/icons";
import { endingSoon, type Ending } from "./expiry";

const TICK_MS = 10_000;
const ANSWER_SHOWN_MS = 15_000;

/** The warning before an idle stop or the end of life, with "keep working". */
export function Banner({ status }: { status: Status }) {
  const ending = useEnding(status);
  const [answer, setAnswer] = usePassing(ANSWER_SHOWN_MS);
  const [hiddenAt_ms, hideAt] = useState<number | null>(null);
  const at_ms = ending?.at_ms ?? null;
  useEffect(() => {
    if (at_ms !== null) tellParent("expiring", status.ref);
  }, [at_ms]);
  if (answer !== null) return <Notice text={answer} onHide={() => setAnswer(null)} />;
  if (ending === null || hiddenAt_ms === ending.at_ms) return null;
  return (
    <Notice text={wordsOf(ending)} onHide={() => hideAt(ending.at_ms)}>
      {status.can_extend && <KeepWorking onAnswer={setAnswer} />}
    </Notice>
  );
}

/** Words that go by themselves after a while. */
function usePassing(shown_ms: number) {
  const [words, setWords] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setWords(null), shown_ms);
    return () => clearTimeout(timer);
  }, [words]);
  return [words, setWords] as const;
}

function useEnding(status: Status): Ending | null {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return endingSoon(status, serverClock.now_ms());
}

function wordsOf({ why, left_s }: Ending): string {
  return t(`banner.${why}`, { left: inWords(left_s, language) });
}

interface NoticeProps {
  readonly text: string;
  readonly onHide: () => void;
  readonly children?: preact.ComponentChildren;
}

function Notice({ text, onHide, children }: NoticeProps) {
  return (
    <div class="banner" role="status">
      <WarnIcon />
      <p>{text}</p>
      {children}
      <IconButton label={t("banner.hide")} onClick={onHide} children={<CloseIcon />} />
    </div>
  );
}

function KeepWorking({ onAnswer }: { onAnswer: (words: string) => void }) {
  const [busy, setBusy] = useState(false);
  const keep = () => {
    setBusy(true);
    appHost
      .extend()
      .then(
        ({ expires_at, limited_by }) =>
          onAnswer(t(limited_by === null ? "banner.extended" : "banner.limited", { time: timeOfDay(expires_at) })),
        () => onAnswer(t("banner.refused")),
      )
      .finally(() => setBusy(false));
  };
  return (
    <button type="button" class="button" disabled={busy} onClick={keep}>
      {t("banner.keep")}
    </button>
  );
}

function timeOfDay(at: string): string {
  return new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}
