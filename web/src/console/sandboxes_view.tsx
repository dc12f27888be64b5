import { useState } from "preact/hooks";
import { t } from "../shared/i18n";
import { CreateDialog } from "./create_dialog";
import { FilterBar } from "./filter_bar";
import { countsOf, shown, type Filter } from "./fleet";
import { ProblemNote } from "./problem_note";
import { SandboxSheet } from "./sandbox_sheet";
import { SandboxTable } from "./sandbox_table";
import type { PublishedTemplate, Sandbox } from "./types";
import { useActions } from "./use_actions";
import type { LiveFleet } from "./use_fleet";
import "./list.css";

const NO_FILTER: Filter = { text: "", phase: null };

export interface SandboxesViewProps {
  readonly live: LiveFleet;
  readonly templates: readonly PublishedTemplate[];
  readonly say: (words: string) => void;
}

export function SandboxesView({ live, templates, say }: SandboxesViewProps) {
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [creating, setCreating] = useState(false);
  const [openId, setOpenId] = useState<string | null>(null);
  const actions = useActions(say);
  const { fleet } = live;
  const created = (sandbox: Sandbox) => {
    live.take(sandbox);
    setCreating(false);
    setOpenId(sandbox.id);
    say(t("action.done.create", { ref: sandbox.ref }));
  };
  const create = () => setCreating(true);
  return (
    <section aria-label={t("console.sandboxes")}>
      <FilterBar filter={filter} total={fleet.sandboxes.size} counts={countsOf(fleet)} onFilter={setFilter} onCreate={create} />
      {live.problem !== null && <ProblemNote problem={live.problem} />}
      {fleet.sandboxes.size > 0 ? (
        <SandboxTable rows={shown(fleet, filter)} actions={actions} onOpen={setOpenId} onClear={() => setFilter(NO_FILTER)} />
      ) : (
        live.problem === null && <Nothing loading={live.loading} onCreate={create} />
      )}
      {openId !== null && (
        <SandboxSheet id={openId} sandbox={fleet.sandboxes.get(openId) ?? null} actions={actions} onClose={() => setOpenId(null)} />
      )}
      {creating && <CreateDialog templates={templates} onClose={() => setCreating(false)} onCreated={created} />}
      {actions.dialogs}
    </section>
  );
}

function Nothing({ loading, onCreate }: { loading: boolean; onCreate: () => void }) {
  if (loading) return <p class="empty quiet">{t("list.loading")}</p>;
  return (
    <div class="empty">
      <h2>{t("list.empty.title")}</h2>
      <p class="quiet">{t("list.empty.text")}</p>
      <button type="button" class="button primary" onClick={onCreate}>
        {t("list.create")}
      </button>
    </div>
  );
}
