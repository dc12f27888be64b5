import { useEffect, useState } from "preact/hooks";
import { language, t } from "../shared/i18n";
import type { Problem } from "../shared/problem";
import { IconButton } from "../ui/icon_button";
import { CloseIcon, DownloadIcon, FileIcon, FolderIcon, RefreshIcon, UpIcon, UploadIcon } from "../ui/icons";
import { DOWNLOADS } from "./download_frame";
import { fileUrl, HOME, listFolder, type Entry, type Folder } from "./files_api";
import { whyFailed } from "./files_words";
import { joinPath, parentPath, sizeInWords } from "./paths";
import "./files.css";

export interface FilesPanelProps {
  readonly folder: string;
  readonly revision: number;
  readonly onFolder: (folder: string) => void;
  readonly onUpload: () => void;
  readonly onClose: () => void;
}

type Listing = { readonly entries: readonly Entry[]; readonly truncated: boolean } | { readonly failed: number } | "loading";

/** Lists one folder of the machine; files download, folders open. */
export function FilesPanel({ folder, revision, onFolder, onUpload, onClose }: FilesPanelProps) {
  const [listing, setListing] = useState<Listing>("loading");
  const read = () => {
    setListing("loading");
    listFolder(folder).then(
      (found) => (found === null ? download(folder, onFolder) : setListing(listingOf(found))),
      (problem: Problem) => setListing({ failed: problem.status }),
    );
  };
  useEffect(read, [folder, revision]);
  const parent = parentPath(folder);
  return (
    <aside class="files" aria-label={t("files.title")}>
      <header class="files-head">
        <h2>{t("files.title")}</h2>
        <IconButton label={t("terminal.upload")} onClick={onUpload} children={<UploadIcon />} />
        <IconButton label={t("files.refresh")} onClick={read} children={<RefreshIcon />} />
        <IconButton label={t("common.close")} onClick={onClose} children={<CloseIcon />} />
      </header>
      <PathForm folder={folder} parent={parent} onFolder={onFolder} />
      <div class="files-body" aria-live="polite">
        <Content listing={listing} folder={folder} onFolder={onFolder} />
      </div>
    </aside>
  );
}

/** The path that was asked for is a file: fetch it and stay in its folder. */
function download(path: string, onFolder: (folder: string) => void): void {
  const link = document.createElement("a");
  link.href = fileUrl(path);
  link.target = DOWNLOADS;
  link.click();
  onFolder(parentPath(path) ?? HOME);
}

function listingOf({ entries, truncated = false }: Folder): Listing {
  return { entries: sorted(entries), truncated };
}

function sorted(entries: readonly Entry[]): readonly Entry[] {
  const rank = (entry: Entry) => (entry.kind === "folder" ? 0 : 1);
  return [...entries].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, language, { numeric: true }));
}

interface PathFormProps {
  readonly folder: string;
  readonly parent: string | null;
  readonly onFolder: (folder: string) => void;
}

function PathForm({ folder, parent, onFolder }: PathFormProps) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const path = new FormData(event.currentTarget as HTMLFormElement).get("path");
    onFolder(String(path ?? "").trim() || HOME);
  };
  return (
    <form class="files-path" onSubmit={submit}>
      <IconButton
        label={t("files.up")}
        disabled={parent === null}
        onClick={() => parent !== null && onFolder(parent)}
        children={<UpIcon />}
      />
      <input
        key={folder}
        name="path"
        class="input mono"
        aria-label={t("files.path")}
        placeholder={t("files.home")}
        defaultValue={folder === HOME ? "" : folder}
        spellcheck={false}
        autocomplete="off"
      />
      <button type="submit" class="button">
        {t("files.go")}
      </button>
    </form>
  );
}

interface ContentProps {
  readonly listing: Listing;
  readonly folder: string;
  readonly onFolder: (folder: string) => void;
}

function Content({ listing, folder, onFolder }: ContentProps) {
  if (listing === "loading") return <p class="files-note">{t("files.loading")}</p>;
  if ("failed" in listing) return <p class="files-note">{t("files.error", { why: whyFailed(listing.failed) })}</p>;
  if (listing.entries.length === 0) return <p class="files-note">{t("files.empty")}</p>;
  return (
    <>
      <ul>
        {listing.entries.map((entry) => (
          <Row key={entry.name} entry={entry} path={joinPath(folder, entry.name)} onFolder={onFolder} />
        ))}
      </ul>
      {listing.truncated && <p class="files-note">{t("files.truncated")}</p>}
    </>
  );
}

function Row({ entry, path, onFolder }: { entry: Entry; path: string; onFolder: (folder: string) => void }) {
  const { name, kind, size_bytes } = entry;
  if (kind === "file") {
    return (
      <li>
        <a class="file" href={fileUrl(path)} target={DOWNLOADS} title={t("files.download", { name })}>
          <FileIcon />
          <span class="file-name">{name}</span>
          {size_bytes !== null && <span class="quiet small">{sizeInWords(size_bytes)}</span>}
          <DownloadIcon />
        </a>
      </li>
    );
  }
  return (
    <li>
      <button
        type="button"
        class="file"
        disabled={kind === "other"}
        title={t("files.open_folder", { name })}
        onClick={() => onFolder(path)}
      >
        <FolderIcon />
        <span class="file-name">{name}</span>
      </button>
    </li>
  );
}
