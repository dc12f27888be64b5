import type { ComponentChildren } from "preact";

/** Line icons of 18 px; decorative, the button carries the words. */
function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon-line"
      width="18"
      height="18"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

const path = (d: string) => () => (
  <Icon>
    <path d={d} />
  </Icon>
);

export const UploadIcon = path("M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3");
export const DownloadIcon = path("M12 4v12m0 0-5-5m5 5 5-5M4 19h16");
export const FolderIcon = path("M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z");
export const FileIcon = path("M14 3H7a1 1 0 0 0-1 1v16a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V7zM14 3v4h4");
export const UpIcon = path("M12 19V5m0 0-6 6m6-6 6 6");
export const RefreshIcon = path("M20 12a8 8 0 1 1-2.300-5.600M20 4v4h-4");
export const CloseIcon = path("M6 6l12 12M18 6 6 18");
export const MinusIcon = path("M5 12h14");
export const PlusIcon = path("M12 5v14M5 12h14");
export const ReaderIcon = path("M12 5.500a1.500 1.500 0 1 0 0-.01M4 9.500c5 1.300 11 1.300 16 0M12 10.500V14m0 0-3 6m3-6 3 6");
export const OpenIcon = path("M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5");
export const MoreIcon = path("M5 12h.01M12 12h.01M19 12h.01");
export const WarnIcon = path("M12 9v4m0 3.500v.01M10.300 4.200 2.800 17.500A2 2 0 0 0 4.500 20.500h15a2 2 0 0 0 1.700-3L13.700 4.200a2 2 0 0 0-3.400 0z");
