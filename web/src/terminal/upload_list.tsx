import { t } from "../shared/i18n";
import { IconButton } from "../ui/icon_button";
import { CloseIcon, RefreshIcon } from "../ui/icons";
import { whyFailed } from "./files_words";
import type { Upload, Uploads, UploadState } from "./uploads";
import "./upload_list.css";

/** What is being sent, with a bar and a way to stop each. */
export function UploadList({ list, uploads }: { list: readonly Upload[]; uploads: Uploads }) {
  if (list.length === 0) return null;
  return (
    <section class="uploads" aria-label={t("upload.list")}>
      <ul>
        {list.map((upload) => (
          <Row key={upload.id} upload={upload} uploads={uploads} />
        ))}
      </ul>
    </section>
  );
}

function Row({ upload, uploads }: { upload: Upload; uploads: Uploads }) {
  const { id, name, state } = upload;
  const running = state.kind === "waiting" || state.kind === "sending";
  const failed = state.kind === "failed" || state.kind === "cancelled";
  return (
    <li class={`upload ${state.kind}`}>
      <span class="upload-name" title={upload.path}>
        {name}
      </span>
      <span class="upload-state small" role={running ? undefined : "status"}>
        {stateWords(state)}
      </span>
      {failed && (
        <IconButton label={t("upload.retry", { name })} onClick={() => uploads.retry(id)} children={<RefreshIcon />} />
      )}
      <IconButton
        label={t(running ? "upload.cancel" : "upload.dismiss", { name })}
        onClick={() => (running ? uploads.cancel(id) : uploads.dismiss(id))}
        children={<CloseIcon />}
      />
      {running && <progress aria-label={name} value={state.kind === "sending" ? state.share : 0} max={1} />}
    </li>
  );
}

function stateWords(state: UploadState): string {
  switch (state.kind) {
    case "waiting":
    case "done":
    case "cancelled":
      return t(`upload.${state.kind}`);
    case "sending":
      return `${Math.floor(state.share * 100)}%`;
    case "failed":
      return t("upload.failed", { why: whyFailed(state.status) });
  }
}
