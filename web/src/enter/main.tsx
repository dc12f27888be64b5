import { useEffect, useState } from "preact/hooks";
import * as appHost from "../shared/app_host";
import { t } from "../shared/i18n";
import { safePath } from "../shared/links";
import { tellParent } from "../shared/parent";
import { Problem } from "../shared/problem";
import { CardPage } from "../ui/card";
import { Reentry } from "../ui/reentry";
import { start } from "../ui/start";
import { enterProblem, readFragment, type Fragment } from "./fragment";

function EnterPage({ fragment }: { fragment: Fragment }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const open = () => {
    setProblem(null);
    redeem(fragment).catch((error: Problem) => {
      setProblem(error);
      if (error.status === 403) tellParent("expired", null);
    });
  };
  useEffect(open, []);
  return (
    <CardPage foot={problem?.requestId && t("common.request_id", { id: problem.requestId })}>
      <div aria-live="polite">{problem === null ? <Opening /> : <Refused problem={problem} again={open} />}</div>
    </CardPage>
  );
}

async function redeem({ ticket, next }: Fragment): Promise<void> {
  if (ticket === null) return withoutTicket(next);
  const answer = await appHost.enter(ticket);
  location.replace(next ?? safePath(answer.next) ?? "/");
}

/** A reload after the ticket left the address: whoever has a cookie goes on, nobody else. */
async function withoutTicket(next: string | null): Promise<void> {
  try {
    await appHost.statusNow();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    throw new Problem("ticket_unknown", 403, "no ticket in the address", error.extra);
  }
  location.replace(next ?? "/");
}

function Opening() {
  return (
    <p class="opening">
      <span class="spinner" aria-hidden="true" /> {t("enter.opening")}
    </p>
  );
}

function Refused({ problem, again }: { problem: Problem; again: () => void }) {
  const kind = enterProblem(problem.type);
  return (
    <>
      <h1>{t(`enter.${kind}.title`)}</h1>
      <p class="lead">{t(`enter.${kind}.text`)}</p>
      {kind === "unavailable" ? <Again again={again} /> : <Reentry url={problem.extra["reentry_url"]} />}
    </>
  );
}

function Again({ again }: { again: () => void }) {
  return (
    <div class="card-actions">
      <button type="button" class="button primary large" onClick={again}>
        {t("common.retry")}
      </button>
    </div>
  );
}

const fragment = readFragment(location.hash);
// The ticket must not stay in the address bar, the history or a bookmark.
history.replaceState(null, "", location.pathname + location.search);
start("enter.title", <EnterPage fragment={fragment} />);
