// Waiting for a predicate, never for a time.
const EVERY_MS = 50;

/** The first result of `probe` that is neither null, undefined nor false. */
export async function until(what, probe, within_ms = 60_000) {
  const end = Date.now() + within_ms;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`not within ${within_ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
