import { useEffect, useId, useRef } from "preact/hooks";
import { say, t } from "../shared/i18n";
import { IconButton } from "../ui/icon_button";
import { CloseIcon, OpenIcon } from "../ui/icons";
import { offersOf } from "./actions";
import { Facts } from "./facts";
import { PhaseBadge, PhaseNote } from "./phase_badge";
import { Timeline } from "./timeline";
import type { ConsoleCause, Sandbox } from "./types";
import type { ActionName, Actions } from "./use_actions";
import "./sheet.css";

const ACTIONS: readonly ActionName[] = ["start", "stop", "extend", "reset", "delete"];

export interface SandboxSheetProps {
  readonly id: string;
  readonly sandbox: Sandbox | null;
  readonly actions: Actions;
  readonly onClose: () => void;
}

/** Everything about one sandbox, at the side of the list, live. */
export function SandboxSheet({ id, sandbox, actions, onClose }: SandboxSheetProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => ref.current?.showModal(), []);
  const last = useRef(sandbox);
  last.current = sandbox ?? last.current;
  const seen = last.current;
  return (
    <dialog ref={ref} class="sheet" aria-labelledby={titleId} onClose={onClose} onClick={(e) => e.target === ref.current && onClose()}>
      <div class="sheet-body">
        <header class="sheet-head">
          <h2 id={titleId}>{seen?.ref ?? id}</h2>
          <IconButton label={t("common.close")} onClick={onClose} children={<CloseIcon />} />
        </header>
        {seen !== null && <Content sandbox={seen} gone={sandbox === null} actions={actions} />}
      </div>
    </dialog>
  );
}

function Content({ sandbox, gone, actions }: { sandbox: Sandbox; gone: boolean; actions: Actions }) {
  return (
    <>
      <div class="sheet-phase" aria-live="polite">
        {gone ? <p>{t("sheet.gone")}</p> : <PhaseBadge phase={sandbox.phase} />}
        {!gone && sandbox.queue !== null && <PhaseNote sandbox={sandbox} />}
      </div>
      {!gone && sandbox.cause !== null && <CauseBox cause={sandbox.cause} failed={sandbox.phase === "failed"} />}
      {!gone && <Buttons sandbox={sandbox} actions={actions} />}
      {!gone && <Apps sandbox={sandbox} actions={actions} />}
      <Facts sandbox={sandbox} />
      <Timeline id={sandbox.id} sandbox={sandbox} />
    </>
  );
}

function Buttons({ sandbox, actions }: { sandbox: Sandbox; actions: Actions }) {
  const offers = offersOf(sandbox);
  return (
    <div class="sheet-actions">
      {ACTIONS.filter((name) => offers[name]).map((name) => (
        <button
          key={name}
          type="button"
          class={name === "delete" ? "button danger-text" : "button"}
          onClick={() => actions.act(name, sandbox)}
        >
          {t(`action.${name}`)}
        </button>
      ))}
    </div>
  );
}

function CauseBox({ cause, failed }: { cause: ConsoleCause; failed: boolean }) {
  return (
    <section class={failed ? "cause-box failed" : "cause-box"}>
      <p>
        <strong>{say(cause.text)}</strong>
      </p>
      {cause.detail !== undefined && <p>{cause.detail}</p>}
      {cause.next !== null && <p>{say(cause.next)}</p>}
      <p class="quiet small">
        {cause.who !== null && t("cause.who", { who: whoWords(cause.who) })} · {t("cause.code", { slug: cause.slug })}
      </p>
      {cause.last_lines !== undefined && cause.last_lines.length > 0 && (
        <details>
          <summary>{t("cause.last_lines")}</summary>
          <pre>{cause.last_lines.join("\n")}</pre>
        </details>
      )}
    </section>
  );
}

function whoWords(who: string): string {
  const known = (["student", "teacher", "platform", "operator"] as const).find((one) => one === who);
  return known === undefined ? who : t(`who.${known}`);
}

function Apps({ sandbox, actions }: { sandbox: Sandbox; actions: Actions }) {
  const isOpen = offersOf(sandbox).open;
  return (
    <section>
      <h3>{t("sheet.apps")}</h3>
      <ul class="apps">
        {sandbox.apps.map(({ name, kind, url }) => (
          <li key={name}>
            <span class="app-name">
              {name} <span class="quiet small">{kind}</span>
              {url !== null && <span class="note mono">{url}</span>}
            </span>
            {kind !== "tcp" && (
              <button
                type="button"
                class="button small-button"
                disabled={!isOpen}
                aria-label={t("action.open_app", { app: name })}
                onClick={() => actions.open(sandbox, name)}
              >
                <OpenIcon />
                {t("action.open")}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
