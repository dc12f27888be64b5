import { useEffect, useId, useState } from "preact/hooks";
import { t } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import { Dialog } from "../ui/dialog";
import { newRef } from "./actions";
import * as api from "./api";
import { Field, type FieldErrors } from "./form_field";
import { ProblemNote } from "./problem_note";
import type { PublishedTemplate, Sandbox } from "./types";

const DEFAULT_TENANT = "demo";
const DEFAULT_OWNER = "operator";

export interface CreateDialogProps {
  readonly templates: readonly PublishedTemplate[];
  readonly onClose: () => void;
  readonly onCreated: (sandbox: Sandbox) => void;
}

export function CreateDialog({ templates, onClose, onCreated }: CreateDialogProps) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [ref] = useState(() => newRef(Math.random));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    api
      .createSandbox(wishOf(new FormData(event.currentTarget as HTMLFormElement)))
      .then(onCreated, setProblem)
      .finally(() => setBusy(false));
  };
  const errors = problem?.fields ?? [];
  const names = [...new Set(templates.map(({ name }) => name))].sort();
  return (
    <Dialog title={t("create.title")} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        <TemplateField names={names} />
        <TenantField errors={errors} />
        <Field name="owner" label={t("create.owner")} value={DEFAULT_OWNER} errors={errors} />
        <Field name="ref" label={t("create.ref")} value={ref} hint={t("create.ref.hint")} errors={errors} />
        <Field name="class_id" label={t("create.class")} value="" optional errors={errors} />
        {problem !== null && !isAllShown(errors) && <ProblemNote problem={problem} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {t("common.cancel")}
          </button>
          <button type="submit" class="button primary" disabled={busy || names.length === 0}>
            {busy && <span class="spinner" aria-hidden="true" />}
            {t("create.submit")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const SHOWN_AT_FIELD = ["tenant", "owner", "ref", "class_id"];

/** True when every complaint stands beside its field already. */
function isAllShown(errors: FieldErrors): boolean {
  return errors.length > 0 && errors.every(({ field }) => SHOWN_AT_FIELD.includes(field));
}

function wishOf(form: FormData): api.CreateWish {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const class_id = text("class_id");
  return {
    template: text("template"),
    tenant: text("tenant"),
    owner: text("owner"),
    ref: text("ref"),
    ...(class_id === "" ? {} : { class_id }),
  };
}

function TemplateField({ names }: { names: readonly string[] }) {
  const id = useId();
  return (
    <div class="form-row">
      <label for={id}>{t("create.template")}</label>
      <select id={id} name="template" class="field" required>
        {names.length > 1 && <option value="">{t("create.template.choose")}</option>}
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      {names.length === 0 && <p class="hint">{t("create.no_templates")}</p>}
    </div>
  );
}

/** Any tenant may be typed; those that the region knows are offered. */
function TenantField({ errors }: { errors: FieldErrors }) {
  const [tenants, setTenants] = useState<readonly string[]>([]);
  const listId = useId();
  useEffect(() => {
    api.listTenants().then((items) => setTenants(items.map(({ id }) => id)), () => undefined);
  }, []);
  return (
    <>
      <Field name="tenant" label={t("create.tenant")} value={DEFAULT_TENANT} list={listId} errors={errors} />
      <datalist id={listId}>
        {tenants.map((tenant) => (
          <option key={tenant} value={tenant} />
        ))}
      </datalist>
    </>
  );
}
