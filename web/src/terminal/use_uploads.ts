import { useMemo, useState } from "preact/hooks";
import { t } from "../shared/i18n";
import { HOME, listFolder, putFile } from "./files_api";
import { joinPath } from "./paths";
import { Uploads, type Upload } from "./uploads";

/** Files that wait for a yes, because something of that name exists. */
export interface Replacing {
  readonly names: readonly string[];
  readonly answer: (yes: boolean) => void;
}

export interface UploadDesk {
  readonly list: readonly Upload[];
  readonly uploads: Uploads;
  readonly replacing: Replacing | null;
  /** Rises whenever an upload has changed a folder. */
  readonly revision: number;
  take(files: readonly File[]): void;
}

/** Takes files for one folder; asks before anything is replaced. */
export function useUploads(folder: string): UploadDesk {
  const [list, setList] = useState<readonly Upload[]>([]);
  const [replacing, setReplacing] = useState<Replacing | null>(null);
  const uploads = useMemo(() => new Uploads(putFile, setList), []);
  const send = (files: readonly File[]) =>
    uploads.add(files.map((file) => ({ name: file.name, path: joinPath(folder, file.name), file })));
  const take = async (files: readonly File[]) => {
    const names = await existing(folder, files);
    if (names.length === 0) return send(files);
    const answer = (yes: boolean) => {
      setReplacing(null);
      send(yes ? files : files.filter((file) => !names.includes(file.name)));
    };
    setReplacing({ names, answer });
  };
  const revision = list.filter((upload) => upload.state.kind === "done").length;
  return { list, uploads, replacing, revision, take: (files) => void take(files) };
}

/** An unreadable folder has nothing to replace that we know of; the upload itself will say what is wrong. */
async function existing(folder: string, files: readonly File[]): Promise<readonly string[]> {
  const found = await listFolder(folder).catch(() => null);
  const names = new Set(found?.entries.map((entry) => entry.name));
  return files.map((file) => file.name).filter((name) => names.has(name));
}

export function folderWords(folder: string): string {
  return folder === HOME ? t("files.home") : folder;
}
