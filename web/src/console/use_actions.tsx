import { useState } from "preact/hooks";
import { t } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import { Confirm, Dialog } from "../ui/dialog";
import * as api from "./api";
import { ExtendDialog } from "./extend_dialog";
import { ProblemNote } from "./problem_note";
import { momentWords } from "./times";
import type { Sandbox } from "./types";

export type ActionName = "start" | "stop" | "reset" | "extend" | "delete";

export interface Actions {
  /** Does it, after asking where it can't be taken back. */
  act(name: ActionName, sandbox: Sandbox): void;
  /** Opens an app in a new tab. Must be called straight from a click, or the browser blocks the tab. */
  open(sandbox: Sandbox, app: string): void;
  /** The dialogs that this needs, to be put in the page. */
  readonly dialogs: preact.ComponentChild;
}

interface Asking {
  readonly name: ActionName;
  readonly sandbox: Sandbox;
}

export function useActions(say: (words: string) => void): Actions {
  const [asking, setAsking] = useState<Asking | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const run = (name: Exclude<ActionName, "extend">, { id, ref }: Sandbox) =>
    (name === "delete" ? api.deleteSandbox(id) : api.command(id, name)).then(
      () => say(t(`action.done.${name}`, { ref })),
      setProblem,
    );
  const act = (name: ActionName, sandbox: Sandbox) => {
    if (name === "start" || name === "stop") void run(name, sandbox);
    else setAsking({ name, sandbox });
  };
  const open = (sandbox: Sandbox, app: string) => void openInTab(sandbox.id, app, say).catch(setProblem);
  const dialogs = (
    <>
      {asking !== null && <Question asking={asking} onDone={() => setAsking(null)} run={run} say={say} onProblem={setProblem} />}
      {problem !== null && <Failed problem={problem} onClose={() => setProblem(null)} />}
    </>
  );
  return { act, open, dialogs };
}

interface QuestionProps {
  readonly asking: Asking;
  readonly onDone: () => void;
  readonly run: (name: "reset" | "delete", sandbox: Sandbox) => Promise<void>;
  readonly say: (words: string) => void;
  readonly onProblem: (problem: Problem) => void;
}

function Question({ asking: { name, sandbox }, onDone, run, say, onProblem }: QuestionProps) {
  const { ref } = sandbox;
  if (name === "reset" || name === "delete") {
    const answer = (yes: boolean) => {
      onDone();
      if (yes) void run(name, sandbox);
    };
    const words = { title: t(`confirm.${name}.title`, { ref }), text: t(`confirm.${name}.text`), yes: t(`action.${name}`) };
    return <Confirm {...words} danger onAnswer={answer} />;
  }
  const extend = (expires_at: string) => {
    onDone();
    api.extendSandbox(sandbox.id, expires_at).then(
      (granted) => say(t(granted.limited_by ? "action.done.limited" : "action.done.extend", { ref, time: momentWords(granted.expires_at) })),
      onProblem,
    );
  };
  return <ExtendDialog sandbox={sandbox} onClose={onDone} onExtend={extend} />;
}

function Failed({ problem, onClose }: { problem: Problem; onClose: () => void }) {
  return (
    <Dialog title={t("phase.failed")} onClose={onClose}>
      <ProblemNote problem={problem} />
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {t("common.close")}
        </button>
      </div>
    </Dialog>
  );
}

/** The tab is opened before the answer is there: a browser allows it only straight from a click. */
async function openInTab(id: string, app: string, say: (words: string) => void): Promise<void> {
  const tab = window.open("about:blank", "_blank");
  if (tab === null) return say(t("popup.blocked"));
  tab.opener = null;
  try {
    tab.location.replace(await api.access(id, app));
  } catch (problem) {
    tab.close();
    throw problem;
  }
}
