import { language, say, t } from "../shared/i18n";
import { rangeInWords } from "../shared/duration";
import type { Cause, Status } from "../shared/status";
import { headlineOf, stepsOf, type Headline, type Step } from "../shared/steps";
import { Reentry } from "../ui/reentry";
import { StartButton } from "./start_button";
import "./waiting.css";

/** What a person reads while the sandbox isn't ready. Used by the waiting page and over a stopped terminal. */
export function WaitingPanel({ status, trouble }: { status: Status; trouble: boolean }) {
  const headline = headlineOf(status);
  const steps = stepsOf(status);
  return (
    <>
      <div aria-live="polite" aria-atomic="true">
        <h1>{t(`headline.${headline}`)}</h1>
        <p class="lead">{leadOf(headline, status.can_wake)}</p>
        {status.queue !== null && <p class="visually-hidden">{queueWords(status)}</p>}
      </div>
      {steps !== null && <Steps steps={steps} status={status} />}
      {status.cause !== null && <CauseNote cause={status.cause} failed={status.phase === "failed"} />}
      {trouble && <Trouble />}
      {mayStart(status) && <StartButton />}
      {headline === "removed" && <Reentry url={status.reentry_url} refName={status.ref} />}
    </>
  );
}

function mayStart(status: Status): boolean {
  return status.can_wake && status.wanted !== "running" && status.phase === "stopped" ? true : retryable(status);
}

function retryable(status: Status): boolean {
  return status.can_wake && status.phase === "failed" && status.cause?.retryable === true;
}

function leadOf(headline: Headline, canWake: boolean): string {
  return headline === "stopped" && !canWake ? t("lead.stopped_no_wake") : t(`lead.${headline}`);
}

function queueWords({ queue }: Status): string {
  if (queue === null) return "";
  const place = t("queue.place", { n: queue.place });
  return `${place} · ${estimateWords(queue.estimate_s)}`;
}

function estimateWords(estimate_s: readonly [number, number] | null): string {
  if (estimate_s === null) return t("queue.no_estimate");
  return t("queue.estimate", { range: rangeInWords(estimate_s, language) });
}

const MARKS = { done: "✓", failed: "!", todo: "", current: "" } as const;

function Steps({ steps, status }: { steps: readonly Step[]; status: Status }) {
  return (
    <ol class="steps" aria-label={t("waiting.steps")}>
      {steps.map(({ name, state }) => (
        <li key={name} class={`step ${state}`} aria-current={state === "current" ? "step" : undefined}>
          <span class="step-mark" aria-hidden="true">
            {state === "current" ? <span class="spinner" /> : MARKS[state]}
          </span>
          <span>{t(`step.${name}`)}</span>
          <span class="visually-hidden">（{t(`step.state.${state}`)}）</span>
          {name === "queued" && state === "current" && <span class="step-note">{queueWords(status)}</span>}
        </li>
      ))}
    </ol>
  );
}

function CauseNote({ cause, failed }: { cause: Cause; failed: boolean }) {
  return (
    <section class={failed ? "cause failed" : "cause"} role={failed ? "alert" : "status"}>
      <p>{say(cause.text)}</p>
      {cause.next !== null && (
        <p class="cause-next">
          <strong>{t(cause.who === "teacher" ? "cause.next.teacher" : "cause.next")}</strong>
          {say(cause.next)}
        </p>
      )}
      <p class="cause-code">{t("cause.code", { slug: cause.slug })}</p>
    </section>
  );
}

function Trouble() {
  return (
    <p class="trouble" role="status">
      <span class="spinner" aria-hidden="true" />
      {t("common.offline")}
    </p>
  );
}
