import type { TabStorage } from "../shared/tab_storage";

const KEY = "qj.terminal.client";
const LOCK_WAIT_MS = 1500;

/** This tab's name for the agent. It survives a reload; a duplicated tab, which copies the storage, gets a new one,
 *  because two tabs under one name would take each other's input numbers. */
export async function claimClient(storage: TabStorage, locks: LockManager | undefined): Promise<string> {
  const known = storage.getItem(KEY);
  if (known !== null && (await holdForEver(known, locks))) return known;
  const client = crypto.randomUUID();
  storage.setItem(KEY, client);
  await holdForEver(client, locks);
  return client;
}

/** True when no other tab lives under this name. The lock is held until the page goes away. */
function holdForEver(client: string, locks: LockManager | undefined): Promise<boolean> {
  if (locks === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = () => {
      resolve(true);
      return new Promise<never>(() => undefined);
    };
    locks.request(`qj-terminal-${client}`, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, held).catch(() => resolve(false));
  });
}
