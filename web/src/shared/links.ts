/** A path on this host, or null for anything that could lead elsewhere (`//host`, `/\host`, `javascript:`). */
export function safePath(next: unknown): string | null {
  if (typeof next !== "string" || !/^\/(?![/\\])/.test(next)) return null;
  return /[\u0000-\u001f\\]/.test(next) ? null : next;
}

/** The platform's re-entry address with `ref` added, or null when it is not an http address. */
export function reentryLink(url: unknown, ref: string | null): string | null {
  if (typeof url !== "string" || !URL.canParse(url)) return null;
  const link = new URL(url);
  if (link.protocol !== "https:" && link.protocol !== "http:") return null;
  if (ref !== null && !link.searchParams.has("ref")) link.searchParams.set("ref", ref);
  return link.href;
}
