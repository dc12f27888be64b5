import { inWords } from "../shared/duration";
import { language, t } from "../shared/i18n";
import { Dialog } from "../ui/dialog";
import type { Sandbox } from "./types";

const CHOICES_S = [1800, 3600, 7200, 14_400] as const;

export interface ExtendDialogProps {
  readonly sandbox: Sandbox;
  readonly onClose: () => void;
  readonly onExtend: (expires_at: string) => void;
}

export function ExtendDialog({ sandbox, onClose, onExtend }: ExtendDialogProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const by_s = Number(new FormData(event.currentTarget as HTMLFormElement).get("by"));
    const from_ms = Math.max(Date.now(), Date.parse(sandbox.expires_at ?? "") || 0);
    onExtend(new Date(from_ms + by_s * 1000).toISOString());
  };
  return (
    <Dialog title={t("extend.title", { ref: sandbox.ref })} onClose={onClose}>
      <form onSubmit={submit}>
        <fieldset class="choices">
          <legend>{t("extend.by")}</legend>
          {CHOICES_S.map((by_s) => (
            <label key={by_s} class="choice">
              <input type="radio" name="by" value={by_s} defaultChecked={by_s === CHOICES_S[1]} />
              {inWords(by_s, language)}
            </label>
          ))}
        </fieldset>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("common.cancel")}
          </button>
          <button type="submit" class="button primary">
            {t("action.extend")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
