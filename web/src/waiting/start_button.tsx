import { useState } from "preact/hooks";
import * as appHost from "../shared/app_host";
import { t } from "../shared/i18n";
import type { Problem } from "../shared/problem";

/** Only this click (or opening a page) wakes a stopped sandbox; nothing automatic may. */
export function StartButton() {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const startIt = () => {
    setBusy(true);
    setRefusal(null);
    appHost.wake().catch((problem: Problem) => {
      setBusy(false);
      setRefusal(problem.status === 0 ? t("common.offline") : t("waiting.wake_refused", { detail: problem.detail }));
    });
  };
  return (
    <div class="card-actions">
      <button type="button" class="button primary large" disabled={busy} onClick={startIt}>
        {busy && <span class="spinner" aria-hidden="true" />}
        {t(busy ? "waiting.starting" : "waiting.start")}
      </button>
      {refusal !== null && <p role="alert">{refusal}</p>}
    </div>
  );
}
