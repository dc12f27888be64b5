import { t } from "../shared/i18n";
import { momentWords } from "./times";
import type { Sandbox } from "./types";

const MOMENTS = ["created_at", "ready_at", "expires_at", "max_expires_at", "idle_stop_at"] as const;

export function Facts({ sandbox }: { sandbox: Sandbox }) {
  const labels = Object.entries(sandbox.labels ?? {}).map(([key, value]) => `${key}:${value}`);
  return (
    <section>
      <h3>{t("sheet.facts")}</h3>
      <dl class="facts">
        <Fact name={t("fact.id")} value={sandbox.id} mono />
        <Fact name={t("column.template")} value={sandbox.template} mono />
        <Fact name={t("column.owner")} value={`${sandbox.tenant} / ${sandbox.owner}`} />
        <Fact name={t("column.class")} value={sandbox.class_id} />
        <Fact name={t("fact.labels")} value={labels.join(", ") || null} />
        <Fact name={t("fact.wanted")} value={wantedWords(sandbox.wanted)} />
        {MOMENTS.map((name) => (
          <Fact key={name} name={t(`fact.${name}`)} value={sandbox[name] ? momentWords(sandbox[name]) : null} />
        ))}
      </dl>
    </section>
  );
}

function Fact({ name, value, mono = false }: { name: string; value: string | null; mono?: boolean }) {
  if (value === null) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd class={mono ? "mono" : ""}>{value}</dd>
    </div>
  );
}

function wantedWords(wanted: string): string {
  const known = (["running", "stopped", "deleted"] as const).find((one) => one === wanted);
  return known === undefined ? wanted : t(`wanted.${known}`);
}
