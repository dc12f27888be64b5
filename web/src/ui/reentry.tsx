import { t } from "../shared/i18n";
import { reentryLink } from "../shared/links";

/** The way back: a link to the platform that leaves our frame, or words when there is no address. The text above it
 *  says what happened, and leaves what to do to this. */
export function Reentry({ url, refName = null }: { url: unknown; refName?: string | null }) {
  const link = reentryLink(url, refName);
  if (link === null) return <p class="lead">{t("common.no_reentry")}</p>;
  return (
    <div class="card-actions">
      <a class="button primary large" href={link} target="_top">
        {t("common.reentry")}
      </a>
    </div>
  );
}
