import type { FieldError } from "../shared/problem";

/** A step of a field's path: `machines[0].apps[1].port` is machines, 0, apps, 1, port. */
function stepsOf(field: string): readonly string[] {
  return field.split(/[.[\]]+/).filter((step) => step !== "");
}

/** The line of a JSON text, counted from 1, at which a field stands, or the last of its parents that is there. */
export function lineOf(text: string, field: string): number {
  let at = 0;
  for (const step of stepsOf(field)) {
    const next = /^\d+$/.test(step) ? item(text, at, Number(step)) : member(text, at, step);
    if (next === null) break;
    at = next;
  }
  return text.slice(0, at).split("\n").length;
}

/** Where the value of the object or list that begins behind `from` has its member's name. */
function member(text: string, from: number, name: string): number | null {
  return find(text, from, (at, depth) => depth === 1 && text.startsWith(JSON.stringify(name), at));
}

/** Where the item with this number begins, in the list that begins behind `from`. */
function item(text: string, from: number, number: number): number | null {
  let begun = -1;
  let expects = false;
  return find(text, from, (at, depth) => {
    const sign = text.charAt(at);
    if (depth === 1 && (sign === "[" || sign === ",")) expects = true;
    else if (expects && !/\s/.test(sign)) {
      expects = false;
      begun += 1;
      return begun === number;
    }
    return false;
  });
}

/** The first place, in the value that begins at the next bracket behind `from`, that is meant. Strings are stepped over
 *  whole: what is in them is no structure. */
function find(text: string, from: number, isMeant: (at: number, depth: number) => boolean): number | null {
  let depth = 0;
  const token = /"(?:[^"\\]|\\.)*"|[\s\S]/g;
  token.lastIndex = from;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if ("[{".includes(found[0])) depth += 1;
    if (found.index > from && isMeant(found.index, depth)) return found.index;
    if ("]}".includes(found[0]) && --depth <= 0) return null;
  }
  return null;
}

/** What is wrong with a text that is no JSON, in the browser's words; null when it is. */
export function jsonError(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Errors in the order of the lines that they are about. */
export function byLine(text: string, errors: readonly FieldError[]): readonly (readonly [number, FieldError])[] {
  const withLines = errors.map((error) => [lineOf(text, error.field), error] as const);
  return withLines.sort(([one], [other]) => one - other);
}
