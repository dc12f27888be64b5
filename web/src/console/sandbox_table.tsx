import { useEffect, useState } from "preact/hooks";
import { t } from "../shared/i18n";
import { mainApp, offersOf, templateParts } from "./actions";
import { PhaseBadge, PhaseNote } from "./phase_badge";
import { leftWords, momentWords } from "./times";
import type { Sandbox } from "./types";
import type { Actions } from "./use_actions";

const COLUMNS = ["sandbox", "phase", "template", "owner", "class", "ends"] as const;
/** A table of thousands of rows helps nobody; the search does. */
const ROWS_AT_ONCE = 100;

export interface SandboxTableProps {
  readonly rows: readonly Sandbox[];
  readonly actions: Actions;
  readonly onOpen: (id: string) => void;
  readonly onClear: () => void;
}

export function SandboxTable({ rows, actions, onOpen, onClear }: SandboxTableProps) {
  const [most, setMost] = useState(ROWS_AT_ONCE);
  useMinuteTick();
  if (rows.length === 0) return <NoMatch onClear={onClear} />;
  const more = Math.min(rows.length - most, ROWS_AT_ONCE);
  return (
    <>
      <div class="table-box">
        <table>
          <caption class="visually-hidden">{t("list.caption")}</caption>
          <thead>
            <tr>
              {COLUMNS.map((column) => (
                <th key={column} scope="col">
                  {t(`column.${column}`)}
                </th>
              ))}
              <th scope="col">
                <span class="visually-hidden">{t("column.actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map((sandbox) => (
              <Row key={sandbox.id} sandbox={sandbox} actions={actions} onOpen={onOpen} />
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && (
        <button type="button" class="button more" onClick={() => setMost(most + ROWS_AT_ONCE)}>
          {t("list.more", { n: more })}
        </button>
      )}
    </>
  );
}

function NoMatch({ onClear }: { onClear: () => void }) {
  return (
    <div class="empty">
      <p class="quiet">{t("list.none")}</p>
      <button type="button" class="button" onClick={onClear}>
        {t("list.clear")}
      </button>
    </div>
  );
}

function Row({ sandbox, actions, onOpen }: { sandbox: Sandbox; actions: Actions; onOpen: (id: string) => void }) {
  const { name, version } = templateParts(sandbox.template);
  return (
    <tr>
      <th scope="row">
        <button type="button" class="link" title={t("action.details", { ref: sandbox.ref })} onClick={() => onOpen(sandbox.id)}>
          {sandbox.ref}
        </button>
        <span class="note mono">{sandbox.id}</span>
      </th>
      <td>
        <PhaseBadge phase={sandbox.phase} />
        <PhaseNote sandbox={sandbox} />
      </td>
      <td>
        {name}
        <span class="note mono">{version}</span>
      </td>
      <td>
        {sandbox.tenant}
        <span class="note">{sandbox.owner}</span>
      </td>
      <td>{sandbox.class_id ?? <span class="quiet">–</span>}</td>
      <td class="ends" title={sandbox.expires_at === null ? undefined : momentWords(sandbox.expires_at)}>
        {offersOf(sandbox).extend ? leftWords(sandbox.expires_at) : <span class="quiet">–</span>}
      </td>
      <td class="row-actions">
        <RowActions sandbox={sandbox} actions={actions} />
      </td>
    </tr>
  );
}

function RowActions({ sandbox, actions }: { sandbox: Sandbox; actions: Actions }) {
  const offers = offersOf(sandbox);
  const app = mainApp(sandbox.apps);
  const label = (action: string) => t("action.for", { action, ref: sandbox.ref });
  const switchTo = offers.start ? "start" : offers.stop ? "stop" : null;
  return (
    <>
      {offers.open && app !== null && (
        <button type="button" class="button small-button accent" aria-label={label(t("action.open"))} onClick={() => actions.open(sandbox, app.name)}>
          {t("action.open")}
        </button>
      )}
      {switchTo !== null && (
        <button type="button" class="button small-button" aria-label={label(t(`action.${switchTo}`))} onClick={() => actions.act(switchTo, sandbox)}>
          {t(`action.${switchTo}`)}
        </button>
      )}
    </>
  );
}

const TICK_MS = 30_000;

/** Draws again now and then, as the time left runs. */
function useMinuteTick(): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
}
