import type { RefObject } from "preact";
import { t } from "../shared/i18n";
import { IconButton } from "../ui/icon_button";
import { FolderIcon, MinusIcon, PlusIcon, ReaderIcon, UploadIcon } from "../ui/icons";
import { Logo } from "../ui/logo";
import type { ConnectionState } from "./connection";
import { clampFont, type Preferences } from "./preferences";
import type { Size } from "./session";

export interface ToolbarProps {
  readonly refName: string;
  readonly state: ConnectionState;
  readonly sharedSize: Size | null;
  readonly preferences: Preferences;
  readonly filesOpen: boolean;
  readonly first: RefObject<HTMLDivElement>;
  readonly onPreferences: (preferences: Preferences) => void;
  readonly onUpload: () => void;
  readonly onFiles: () => void;
}

export function Toolbar(props: ToolbarProps) {
  const { preferences, onPreferences } = props;
  const font = (by_px: number) => onPreferences({ ...preferences, fontSize_px: clampFont(preferences.fontSize_px + by_px) });
  const reader = () => onPreferences({ ...preferences, screenReader: !preferences.screenReader });
  return (
    <header class="bar">
      <Logo size={22} />
      <h1>{props.refName || t("terminal.title")}</h1>
      <StateLine state={props.state} sharedSize={props.sharedSize} />
      <div class="tools" role="toolbar" aria-label={t("terminal.toolbar")} ref={props.first}>
        <IconButton label={t("terminal.smaller")} onClick={() => font(-1)} children={<MinusIcon />} />
        <IconButton label={t("terminal.larger")} onClick={() => font(1)} children={<PlusIcon />} />
        <IconButton label={t("terminal.reader")} pressed={preferences.screenReader} onClick={reader} children={<ReaderIcon />} />
        <span class="tools-gap" />
        <IconButton label={t("terminal.upload")} onClick={props.onUpload} children={<UploadIcon />} />
        <IconButton label={t("terminal.files")} pressed={props.filesOpen} onClick={props.onFiles} children={<FolderIcon />} />
      </div>
    </header>
  );
}

function StateLine({ state, sharedSize }: { state: ConnectionState; sharedSize: Size | null }) {
  const shared = sharedSize !== null && state === "connected";
  return (
    <p class={`state ${state}`} role="status">
      <span class="state-dot" aria-hidden="true" />
      <span>{shared ? t("terminal.shared_size", { ...sharedSize }) : t(`terminal.state.${state}`)}</span>
    </p>
  );
}
