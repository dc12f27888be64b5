import { language, say, t } from "../shared/i18n";
import { rangeInWords } from "../shared/duration";
import type { Phase } from "../shared/status";
import type { Sandbox } from "./types";

const MOVING: ReadonlySet<Phase> = new Set(["provisioning", "starting", "stopping", "deleting"]);

/** `past`: the phase of an event; nothing moves any more. */
export function PhaseBadge({ phase, past = false }: { phase: Phase; past?: boolean }) {
  return (
    <span class={`badge ${phase}`}>
      <span class={MOVING.has(phase) && !past ? "spinner" : "badge-dot"} aria-hidden="true" />
      {t(`phase.${phase}`)}
    </span>
  );
}

/** One line under the phase: the place in the queue, or why it is where it is. */
export function PhaseNote({ sandbox }: { sandbox: Sandbox }) {
  const { queue, cause } = sandbox;
  if (queue !== null) return <span class="note">{queueWords(queue.place, queue.estimate_s)}</span>;
  if (cause === null) return null;
  return (
    <span class="note" title={say(cause.text)}>
      {say(cause.text)}
    </span>
  );
}

function queueWords(place: number, estimate_s: readonly [number, number] | null): string {
  const words = t("queue.place", { n: place });
  return estimate_s === null ? words : `${words} · ${t("queue.estimate", { range: rangeInWords(estimate_s, language) })}`;
}
