import { HOME } from "./files_api";

export function joinPath(folder: string, name: string): string {
  if (folder === HOME || folder === "") return name;
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}

/** The folder above; null at the top. Above the home folder, which has no name of its own, is `..`. */
export function parentPath(path: string): string | null {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "") return null;
  if (trimmed === HOME) return "..";
  if (/(^|\/)\.\.$/.test(trimmed)) return `${trimmed}/..`;
  const cut = trimmed.lastIndexOf("/");
  if (cut > 0) return trimmed.slice(0, cut);
  return cut === 0 ? "/" : HOME;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

export function sizeInWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
