import { t } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import type { Status } from "../shared/status";
import { Reentry } from "./reentry";

/** The status has been refused for good: access has ended, or the sandbox is gone. */
export function NoAccess({ problem, status }: { problem: Problem | null; status: Status | null }) {
  const gone = problem?.status === 404;
  return (
    <>
      <div role="alert">
        <h1>{t(gone ? "headline.removed" : "denied.heading")}</h1>
        <p class="lead">{t(gone ? "lead.removed" : "denied.text")}</p>
      </div>
      <Reentry url={problem?.extra["reentry_url"] ?? status?.reentry_url} refName={status?.ref ?? null} />
    </>
  );
}
