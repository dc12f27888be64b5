import { useState } from "preact/hooks";
import { t } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import { Dialog } from "../ui/dialog";
import * as api from "./api";
import { Field } from "./form_field";
import { ProblemNote, problemWords } from "./problem_note";
import type { Capacity } from "./types";

export interface CordonProps {
  readonly say: (words: string) => void;
  readonly onChanged: () => void;
}

/** Says that the region takes no new sandboxes, and why; offers to end that. */
export function CordonedNote({ reason, say, onChanged }: CordonProps & { readonly reason: Capacity["cordoned"] }) {
  const done = () => {
    say(t("uncordon.done"));
    onChanged();
  };
  const uncordon = () => void api.uncordon().then(done, (problem: Problem) => say(problemWords(problem)));
  return (
    <div class="cordoned">
      <p role="status">
        {t("capacity.cordoned")} {typeof reason === "string" && reason}
      </p>
      <button type="button" class="button small-button" onClick={uncordon}>
        {t("uncordon.action")}
      </button>
    </div>
  );
}

/** Asks for the reason, and cordons. */
export function CordonButton({ say, onChanged }: CordonProps) {
  const [asking, setAsking] = useState(false);
  const done = () => {
    setAsking(false);
    say(t("cordon.done"));
    onChanged();
  };
  return (
    <>
      <button type="button" class="button plain small-button" onClick={() => setAsking(true)}>
        {t("cordon.action")}
      </button>
      {asking && <CordonDialog onClose={() => setAsking(false)} onDone={done} />}
    </>
  );
}

function CordonDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const reason = new FormData(event.currentTarget as HTMLFormElement).get("reason");
    api.cordon(String(reason ?? "").trim()).then(onDone, setProblem);
  };
  const errors = problem?.fields ?? [];
  return (
    <Dialog title={t("cordon.title")} onClose={onClose}>
      <p class="quiet">{t("cordon.text")}</p>
      <form class="form" onSubmit={submit}>
        <Field name="reason" label={t("cordon.reason")} value="" hint={t("cordon.reason.hint")} errors={errors} />
        {problem !== null && errors.length === 0 && <ProblemNote problem={problem} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("common.cancel")}
          </button>
          <button type="submit" class="button danger">
            {t("cordon.yes")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
