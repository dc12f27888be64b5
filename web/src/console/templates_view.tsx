import { useState } from "preact/hooks";
import { inWords } from "../shared/duration";
import { language, t } from "../shared/i18n";
import { ProblemNote } from "./problem_note";
import { PublishDialog } from "./publish_dialog";
import { momentWords } from "./times";
import type { PublishedTemplate, TemplateBody } from "./types";
import type { Templates } from "./use_templates";
import "./templates.css";

export function TemplatesView({ templates, say }: { templates: Templates; say: (words: string) => void }) {
  const [publishing, setPublishing] = useState(false);
  const published = (name: string) => {
    setPublishing(false);
    say(t("publish.done", { name }));
  };
  const publish = () => setPublishing(true);
  return (
    <section aria-label={t("console.templates")}>
      <Listed templates={templates} onPublish={publish} />
      {publishing && <PublishDialog onClose={() => setPublishing(false)} onPublished={published} />}
    </section>
  );
}

function Listed({ templates: { items, loading, problem }, onPublish }: { templates: Templates; onPublish: () => void }) {
  if (problem !== null) return <ProblemNote problem={problem} />;
  if (loading) return <p class="empty quiet">{t("list.loading")}</p>;
  if (items.length === 0) return <Nothing onPublish={onPublish} />;
  return (
    <>
      <div class="above-cards">
        <PublishButton onPublish={onPublish} />
      </div>
      <ul class="cards">
        {items.map((template) => (
          <Card key={`${template.name}@${template.version}`} template={template} />
        ))}
      </ul>
    </>
  );
}

function PublishButton({ onPublish }: { onPublish: () => void }) {
  return (
    <button type="button" class="button primary" onClick={onPublish}>
      {t("templates.publish")}
    </button>
  );
}

function Nothing({ onPublish }: { onPublish: () => void }) {
  return (
    <div class="empty">
      <h2>{t("templates.empty.title")}</h2>
      <PublishButton onPublish={onPublish} />
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
