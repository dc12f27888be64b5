import { useEffect, useState } from "preact/hooks";
import * as appHost from "../shared/app_host";
import { t } from "../shared/i18n";
import { tellParent } from "../shared/parent";
import { Problem } from "../shared/problem";
import { CardPage } from "../ui/card";
import { Reentry } from "../ui/reentry";
import { start } from "../ui/start";

function DeniedPage() {
  const [reentryUrl, setReentryUrl] = useState<unknown>(null);
  useEffect(() => {
    tellParent("expired", null);
    findReentry().then(setReentryUrl, () => undefined);
  }, []);
  return (
    <CardPage>
      <h1>{t("denied.heading")}</h1>
      <p class="lead">{t("denied.text")}</p>
      <p class="lead">{t("denied.cookies")}</p>
      <Reentry url={reentryUrl} />
    </CardPage>
  );
}

/** The refusal itself says where to go. */
async function findReentry(): Promise<unknown> {
  try {
    return (await appHost.statusNow()).reentry_url;
  } catch (error) {
    return error instanceof Problem ? error.extra["reentry_url"] : null;
  }
}

start("denied.title", <DeniedPage />);
