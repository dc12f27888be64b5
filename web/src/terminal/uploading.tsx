import { t } from "../shared/i18n";
import { Confirm } from "../ui/dialog";
import { DropTarget } from "./drop";
import { folderWords, type UploadDesk } from "./use_uploads";

export interface UploadingProps {
  readonly folder: string;
  readonly desk: UploadDesk;
  readonly picker: preact.RefObject<HTMLInputElement>;
  readonly say: (words: string) => void;
}

/** The ways in for files (dropping, choosing) and the question before something is replaced. */
export function Uploading({ folder, desk, picker, say }: UploadingProps) {
  return (
    <>
      <DropTarget folder={folder} onFiles={desk.take} onSay={say} />
      <FilePicker input={picker} onFiles={desk.take} />
      {desk.replacing !== null && (
        <Confirm
          title={t("upload.replace.title")}
          text={t("upload.replace.text", { folder: folderWords(folder), names: desk.replacing.names.join(", ") })}
          yes={t("upload.replace.yes")}
          onAnswer={desk.replacing.answer}
        />
      )}
    </>
  );
}

interface FilePickerProps {
  readonly input: preact.RefObject<HTMLInputElement>;
  readonly onFiles: (files: readonly File[]) => void;
}

function FilePicker({ input, onFiles }: FilePickerProps) {
  const picked = (event: Event) => {
    const chosen = event.currentTarget as HTMLInputElement;
    onFiles([...(chosen.files ?? [])]);
    // The same file may be chosen again after it was changed.
    chosen.value = "";
  };
  return <input ref={input} type="file" multiple hidden aria-label={t("terminal.upload")} onChange={picked} />;
}
