import { useEffect } from "preact/hooks";
import { t } from "../shared/i18n";
import { tellParent } from "../shared/parent";
import { CardPage } from "../ui/card";
import { Reentry } from "../ui/reentry";
import { start } from "../ui/start";
import { useStatus } from "../ui/use_status";
import { WaitingPanel } from "./panel";

function WaitingPage() {
  const { status, trouble, denied } = useStatus();
  const phase = status?.phase;
  useEffect(() => {
    if (phase === "ready") location.reload();
    if (phase === "stopped" || phase === "failed") tellParent("stopped", status?.ref ?? null);
  }, [phase]);
  useEffect(() => {
    if (denied !== null) tellParent("expired", status?.ref ?? null);
  }, [denied]);
  if (denied !== null) return <Denied url={denied.extra["reentry_url"] ?? status?.reentry_url} refName={status?.ref} />;
  return (
    <CardPage foot={status && `${status.ref} · ${status.app}`}>
      {status === null ? <FirstLook trouble={trouble !== null} /> : <WaitingPanel status={status} trouble={trouble !== null} />}
    </CardPage>
  );
}

function FirstLook({ trouble }: { trouble: boolean }) {
  return (
    <p class="opening" role="status">
      <span class="spinner" aria-hidden="true" /> {t(trouble ? "common.offline" : "headline.preparing")}
    </p>
  );
}

function Denied({ url, refName }: { url: unknown; refName: string | undefined }) {
  return (
    <CardPage foot={refName}>
      <div role="alert">
        <h1>{t("denied.heading")}</h1>
        <p class="lead">{t("denied.text")}</p>
      </div>
      <Reentry url={url} refName={refName ?? null} />
    </CardPage>
  );
}

start("waiting.title", <WaitingPage />);
