import { t } from "../shared/i18n";

const KNOWN = [0, 403, 404, 409, 413, 507] as const;

/** Why a file could not be read or written, in words. */
export function whyFailed(status: number): string {
  const known = KNOWN.find((one) => one === status);
  return known === undefined ? t("files.why.other", { status }) : t(`files.why.${known}`);
}
