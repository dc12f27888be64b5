import { useEffect } from "preact/hooks";
import { t } from "../shared/i18n";
import { tellParent } from "../shared/parent";
import { tabStorage } from "../shared/tab_storage";
import { CardPage } from "../ui/card";
import { NoAccess } from "../ui/no_access";
import { start } from "../ui/start";
import { useStatus } from "../ui/use_status";
import { WaitingPanel } from "./panel";
import { reloadPause_ms } from "./reload_guard";

function WaitingPage() {
  const { status, trouble, denied } = useStatus();
  const phase = status?.phase;
  useEffect(() => {
    if (phase === "ready") return reloadSoon();
    if (phase === "stopped" || phase === "failed") tellParent("stopped", status?.ref ?? null);
    return undefined;
  }, [phase]);
  useEffect(() => {
    if (denied !== null) tellParent("expired", status?.ref ?? null);
  }, [denied]);
  if (denied !== null) return <CardPage children={<NoAccess problem={denied} status={status} />} />;
  return (
    <CardPage foot={status && `${status.ref} · ${status.app}`}>
      {status === null ? <FirstLook trouble={trouble !== null} /> : <WaitingPanel status={status} trouble={trouble !== null} />}
    </CardPage>
  );
}

/** Into the app; the answer takes the reload back. */
function reloadSoon(): () => void {
  const timer = setTimeout(() => location.reload(), reloadPause_ms(tabStorage(), Date.now()));
  return () => clearTimeout(timer);
}

function FirstLook({ trouble }: { trouble: boolean }) {
  return (
    <p class="opening" role="status">
      <span class="spinner" aria-hidden="true" /> {t(trouble ? "common.offline" : "headline.preparing")}
    </p>
  );
}

start("waiting.title", <WaitingPage />);
