import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { t } from "../shared/i18n";
import { useToast, Toast } from "../ui/toast";
import { useStatus, type Followed } from "../ui/use_status";
import { Banner } from "./banner";
import { DownloadFrame } from "./download_frame";
import { HOME } from "./files_api";
import { FilesPanel } from "./files_panel";
import { DeniedOverlay, StoppedOverlay } from "./overlay";
import { Toolbar } from "./toolbar";
import { UploadList } from "./upload_list";
import { Uploading } from "./uploading";
import { useEngine, type Running } from "./use_engine";
import { useParentNotices } from "./use_parent_notices";
import { usePreferences } from "./use_preferences";
import { useUploads } from "./use_uploads";
import "./terminal.css";

export function TerminalPage() {
  const followed = useStatus();
  const toast = useToast();
  const [folder, setFolder] = useState(HOME);
  const [filesOpen, setFilesOpen] = useState(false);
  const tools = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const leave = useCallback(() => tools.current?.querySelector("button")?.focus(), []);
  const [preferences, prefer] = usePreferences(toast.say);
  const running = useEngine(preferences, toast.say, leave);
  const desk = useUploads(folder);
  const cover = coverOf(followed, running);
  useFollowing(followed, running, cover);
  const upload = () => picker.current?.click();
  const { status } = followed;
  return (
    <div class="terminal-page">
      <Toolbar
        refName={status?.ref ?? ""}
        state={cover ?? running.state}
        sharedSize={running.sharedSize}
        preferences={preferences}
        filesOpen={filesOpen}
        first={tools}
        onPreferences={prefer}
        onUpload={upload}
        onFiles={() => setFilesOpen(!filesOpen)}
      />
      {status !== null && cover !== "denied" && <Banner status={status} />}
      <main class="work" inert={cover !== null}>
        <div class="screen">
          <div class="screen-box" ref={running.box} />
          <UploadList list={desk.list} uploads={desk.uploads} />
        </div>
        {filesOpen && (
          <FilesPanel
            folder={folder}
            revision={desk.revision}
            onFolder={setFolder}
            onUpload={upload}
            onClose={() => setFilesOpen(false)}
          />
        )}
      </main>
      {cover === "stopped" && status !== null && <StoppedOverlay status={status} trouble={followed.trouble !== null} />}
      {cover === "denied" && <DeniedOverlay problem={followed.denied} status={status} />}
      <Uploading folder={folder} desk={desk} picker={picker} say={toast.say} />
      <DownloadFrame onSay={toast.say} />
      <Toast words={toast.words} />
    </div>
  );
}

type Cover = "stopped" | "denied" | null;

/** What lies over the terminal, if anything. */
function coverOf({ status, denied }: Followed, { state }: Running): Cover {
  if (denied !== null || state === "denied") return "denied";
  return status !== null && status.phase !== "ready" ? "stopped" : null;
}

/** Carries the news of the status to the terminal, the tab's title and the embedding page. */
function useFollowing({ status }: Followed, { engine, state, title }: Running, cover: Cover): void {
  const ref = status?.ref ?? null;
  useParentNotices(ref, cover ?? state);
  useEffect(() => {
    if (status !== null) engine?.statusChanged(status);
  }, [status, engine]);
  useEffect(() => {
    if (cover === null) engine?.screen.focus();
  }, [cover, engine]);
  useEffect(() => {
    document.title = `${title || ref || t("terminal.title")} · ${t("product.name")}`;
  }, [title, ref]);
}
