import { inWords } from "../shared/duration";
import { language, t } from "../shared/i18n";
import { ProblemNote } from "./problem_note";
import { momentWords } from "./times";
import type { PublishedTemplate, TemplateBody } from "./types";
import type { Templates } from "./use_templates";
import "./templates.css";

export function TemplatesView({ templates: { items, loading, problem } }: { templates: Templates }) {
  if (problem !== null) return <ProblemNote problem={problem} />;
  if (loading) return <p class="empty quiet">{t("list.loading")}</p>;
  if (items.length === 0) return <Nothing />;
  return (
    <ul class="cards" aria-label={t("console.templates")}>
      {items.map((template) => (
        <Card key={`${template.name}@${template.version}`} template={template} />
      ))}
    </ul>
  );
}

function Nothing() {
  return (
    <div class="empty">
      <h2>{t("templates.empty.title")}</h2>
      <p class="quiet">{t("templates.empty.text")}</p>
      <pre class="command">region template publish NAME template.json</pre>
    </div>
  );
}

function Card({ template: { name, version, published_at, template } }: { template: PublishedTemplate }) {
  return (
    <li class="tile">
      <h3>{name}</h3>
      <p class="mono quiet small tile-version" title={version}>
        {version}
      </p>
      {template !== undefined && <Body body={template} />}
      <p class="quiet small">{t("templates.published", { time: momentWords(published_at) })}</p>
    </li>
  );
}

function Body({ body: { machines = [], policy } }: { body: TemplateBody }) {
  const apps = machines.flatMap((machine) => machine.apps ?? []);
  const idle_s = policy?.idle?.after_s;
  return (
    <>
      <ul class="tags">
        {machines.map((machine) => (
          <li key={machine.name} class="tag">
            {machine.name} · {Object.keys(machine.runs ?? {})[0]} · {resourceWords(machine.resources)}
          </li>
        ))}
        {apps.map((app) => (
          <li key={app.name} class="tag app">
            {app.name} · {app.kind}
          </li>
        ))}
      </ul>
      <p class="small">
        {policy?.lifetime_s !== undefined && t("templates.lifetime", { time: inWords(policy.lifetime_s, language) })}
        {idle_s !== undefined && ` · ${t("templates.idle", { time: inWords(idle_s, language) })}`}
      </p>
    </>
  );
}

function resourceWords(resources: NonNullable<TemplateBody["machines"]>[number]["resources"]): string {
  const round = (value: number) => Math.round(value * 10) / 10;
  return t("templates.resources", {
    cpu: round((resources?.cpu_millis ?? 0) / 1000),
    memory: round((resources?.memory_mib ?? 0) / 1024),
  });
}
