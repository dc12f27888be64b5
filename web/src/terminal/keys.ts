export type Key = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey">;

/** Ctrl+Shift+F6: the way out for people who use only the keyboard, since Tab belongs to the program. */
export function leavesTerminal(event: Key): boolean {
  return event.key === "F6" && event.ctrlKey && event.shiftKey;
}

/** Ctrl+Shift+C or Ctrl+Insert. Plain Ctrl+C stays an interrupt; Cmd+C on a Mac is the browser's own. */
export function wantsCopy(event: Key, hasSelection: boolean): boolean {
  if (!hasSelection || !event.ctrlKey || event.altKey || event.metaKey) return false;
  return event.code === "Insert" || (event.code === "KeyC" && event.shiftKey);
}
