import { useEffect, useState } from "preact/hooks";
import { t } from "../shared/i18n";
import { folderWords } from "./use_uploads";

export interface DropTargetProps {
  readonly folder: string;
  readonly onFiles: (files: readonly File[]) => void;
  readonly onSay: (words: string) => void;
}

/** Takes files that are dropped anywhere on the page. */
export function DropTarget({ folder, onFiles, onSay }: DropTargetProps) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const enter = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      const { files, hadFolder } = droppedFiles(event.dataTransfer);
      if (hadFolder) onSay(t("upload.folders"));
      if (files.length > 0) onFiles(files);
    };
    const listeners = { dragenter: enter, dragover: enter, dragleave: leave, drop } as const;
    const each = Object.entries(listeners) as [string, EventListener][];
    for (const [name, listener] of each) window.addEventListener(name, listener);
    return () => each.forEach(([name, listener]) => window.removeEventListener(name, listener));
  }, [folder, onFiles]);
  return over ? <div class="drop">{t("terminal.drop", { folder: folderWords(folder) })}</div> : null;
}

function droppedFiles(data: DataTransfer | null): { files: readonly File[]; hadFolder: boolean } {
  const items = [...(data?.items ?? [])].filter((item) => item.kind === "file");
  const isFolder = (item: DataTransferItem) => item.webkitGetAsEntry()?.isDirectory === true;
  const files = items.filter((item) => !isFolder(item)).map((item) => item.getAsFile());
  return { files: files.filter((file) => file !== null), hadFolder: items.some(isFolder) };
}
