import { useId, useRef, useState } from "preact/hooks";
import { t } from "../shared/i18n";
import { Problem } from "../shared/problem";
import { Dialog } from "../ui/dialog";
import * as api from "./api";
import { Field } from "./form_field";
import { fieldWords, ProblemNote } from "./problem_note";
import { byLine, jsonError } from "./template_text";

export interface PublishDialogProps {
  readonly onClose: () => void;
  readonly onPublished: (name: string) => void;
}

/** Publishes a template from a text or a file. */
export function PublishDialog({ onClose, onPublished }: PublishDialogProps) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget as HTMLFormElement).get("name") ?? "").trim();
    setBusy(true);
    setProblem(null);
    publish(name, text)
      .then(() => onPublished(name), setProblem)
      .finally(() => setBusy(false));
  };
  const change = (changed: string) => {
    setText(changed);
    setProblem(null);
  };
  const nameErrors = (problem?.fields ?? []).filter(({ field }) => field === "name");
  return (
    <Dialog title={t("publish.title")} wide onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <Field name="name" label={t("publish.name")} value="" hint={t("publish.name.hint")} errors={nameErrors} />
        <TemplateText text={text} problem={problem} onText={change} />
        {problem !== null && problem.fields.length === 0 && <ProblemNote problem={problem} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("common.cancel")}
          </button>
          <button type="submit" class="button primary" disabled={busy}>
            {busy && <span class="spinner" aria-hidden="true" />}
            {t("publish.submit")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What is no JSON is not sent: the browser knows the place of the mistake. */
async function publish(name: string, text: string): Promise<void> {
  const detail = jsonError(text);
  if (detail !== null) throw new Problem("not_json", 0, t("publish.not_json", { detail }));
  await api.publishTemplate(name, text);
}

function TemplateText({ text, problem, onText }: { text: string; problem: Problem | null; onText: (text: string) => void }) {
  const id = useId();
  const file = useRef<HTMLInputElement>(null);
  const errors = byLine(text, (problem?.fields ?? []).filter(({ field }) => field !== "name"));
  const take = (files: FileList | null | undefined) => void files?.[0]?.text().then(onText);
  const drop = (event: DragEvent) => {
    if (event.dataTransfer?.files.length) {
      event.preventDefault();
      take(event.dataTransfer.files);
    }
  };
  return (
    <div class="form-row">
      <div class="label-row">
        <label for={id}>{t("publish.template")}</label>
        <button type="button" class="button small-button" onClick={() => file.current?.click()}>
          {t("publish.file")}
        </button>
        <input ref={file} type="file" accept=".json,application/json" hidden onChange={(event) => take(event.currentTarget.files)} />
      </div>
      <textarea
        id={id}
        class="field mono"
        rows={14}
        required
        spellcheck={false}
        aria-invalid={errors.length > 0 || problem?.type === "not_json"}
        aria-describedby={`${id}-note`}
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        onDrop={drop}
      />
      <div id={`${id}-note`}>
        {errors.map(([line, error]) => (
          <p key={error.field} class="field-error" role="alert">
            {t("publish.line", { line })} · <code>{error.field}</code> {fieldWords(error)}
          </p>
        ))}
        <p class="hint">{t("publish.template.hint")}</p>
      </div>
    </div>
  );
}
