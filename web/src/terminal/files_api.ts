import { Problem, request, UNREACHABLE } from "../shared/problem";

export interface Entry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
  readonly size_bytes: number | null;
  readonly modified_at: string | null;
}

export interface Folder {
  readonly path: string;
  readonly entries: readonly Entry[];
  /** There are more than the agent lists at once. */
  readonly truncated?: boolean;
}

/** Where a machine's home is: paths are relative to it unless absolute. */
export const HOME = ".";

export function fileUrl(path: string): string {
  return `/_qj/files?${new URLSearchParams({ path })}`;
}

/** A folder's content; null when the path is a file (a link may be either). */
export async function listFolder(path: string): Promise<Folder | null> {
  const response = await request(fileUrl(path));
  if (response.headers.has("content-disposition")) {
    await response.body?.cancel();
    return null;
  }
  return response.json();
}

/** Sends one file with progress. XMLHttpRequest, because fetch can't tell how much of a body is sent. */
export function putFile(path: string, file: Blob, progress: (share: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("PUT", fileUrl(path));
    xhr.upload.onprogress = ({ loaded, total }) => progress(total > 0 ? loaded / total : 1);
    xhr.onload = () => (xhr.status < 300 ? resolve() : reject(new Problem("upload_failed", xhr.status, xhr.statusText)));
    xhr.onerror = () => reject(new Problem(UNREACHABLE, 0, "the connection was lost"));
    xhr.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => xhr.abort(), { once: true });
    xhr.send(file);
  });
}
