export type Notice = "ready" | "stopped" | "expiring" | "expired";

/** Tells the page that embeds us. The words carry no secret, so any parent may hear them. */
export function tellParent(type: Notice, ref: string | null): void {
  if (window.parent !== window) window.parent.postMessage({ source: "qingjiao", type, ref }, "*");
}
