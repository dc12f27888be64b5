import { useEffect, useState } from "preact/hooks";
import { say, t } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import * as api from "./api";
import { PhaseBadge } from "./phase_badge";
import { ProblemNote } from "./problem_note";
import { momentWords } from "./times";
import type { RegionEvent, Sandbox } from "./types";

type Told = readonly RegionEvent[] | Problem | null;

/** What has happened to a sandbox, newest first; read again whenever it changes. */
export function Timeline({ id, sandbox }: { id: string; sandbox: Sandbox }) {
  const [told, setTold] = useState<Told>(null);
  useEffect(() => {
    let current = true;
    api.history(id).then(
      (events) => current && setTold(events),
      (problem: Problem) => current && setTold(problem),
    );
    return () => {
      current = false;
    };
  }, [id, sandbox]);
  return (
    <section>
      <h3>{t("sheet.timeline")}</h3>
      <Content told={told} />
    </section>
  );
}

function Content({ told }: { told: Told }) {
  if (told === null) return <p class="quiet">{t("list.loading")}</p>;
  if (told instanceof Error) return <ProblemNote problem={told} />;
  if (told.length === 0) return <p class="quiet">{t("sheet.timeline.empty")}</p>;
  const newestFirst = told.filter(hasNews).sort((a, b) => b.at.localeCompare(a.at));
  return (
    <ol class="timeline">
      {newestFirst.map((event) => (
        <li key={event.position}>
          <time dateTime={event.at}>{momentWords(event.at)}</time>
          <Entry event={event} />
        </li>
      ))}
    </ol>
  );
}

/** Some records change nothing that a sandbox shows. */
function hasNews({ type, changed }: RegionEvent): boolean {
  return type !== "sandbox.changed" || changed.length > 0;
}

function Entry({ event }: { event: RegionEvent }) {
  const { type, changed, sandbox } = event;
  if (sandbox && changed.includes("phase")) {
    return (
      <span>
        <PhaseBadge phase={sandbox.phase} past />
        {sandbox.cause !== null && <span class="note">{say(sandbox.cause.text)}</span>}
      </span>
    );
  }
  if (type === "sandbox.created") return <span>{t("event.created")}</span>;
  if (type === "sandbox.deleted") return <span>{t("event.deleted")}</span>;
  return <span>{t("event.changed", { fields: changed.join(", ") })}</span>;
}
