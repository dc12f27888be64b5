// The platform's side: calls of the API with a key.
import { until } from "./until.mjs";

/** A client of the region's API. */
export function platform({ api_url, key }) {
  const call = async (method, path, body) => {
    const response = await fetch(`${api_url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    }).catch((error) => {
      // `fetch failed` says nothing by itself.
      throw new Error(`${method} ${path}: ${error.cause ?? error}`);
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
  const get = (id) => call("GET", `/v1/sandboxes/${id}`);
  const list = async () => (await call("GET", "/v1/sandboxes?limit=100")).items;
  const remove = (id) => call("DELETE", `/v1/sandboxes/${id}`);
  return {
    create: (ref, template) => call("POST", "/v1/sandboxes", { ref, template, tenant: "school-9", owner: "u-7" }),
    get,
    list,
    command: (id, name, more = {}) => call("POST", `/v1/sandboxes/${id}/${name}`, more),
    exec: (id, ...argv) => call("POST", `/v1/sandboxes/${id}/exec`, { argv }),
    delete: remove,
    /** Deletes every sandbox, and waits until there is none. */
    clear: async () => {
      for (const { id } of await list()) await remove(id);
      await until("all deleted", async () => (await list()).length === 0);
    },
    publish: (name, template) => call("POST", `/v1/templates/${name}/versions`, template),
    access: async (id, app, port) =>
      (await call("POST", `/v1/sandboxes/${id}/access`, { app, port, user: "u-7", role: "student" })).url,
    /** It is ready, and every command until now has been carried out. */
    settled: (id) =>
      until(`${id} is where it was told to be`, async () => {
        const { phase, generation, observed_generation } = await get(id);
        return phase === "ready" && observed_generation === generation;
      }),
    phase: (id, phase) =>
      until(`${id} ${phase}`, async () => {
        const sandbox = await get(id);
        if (sandbox.phase === "failed" && phase !== "failed") throw new Error(JSON.stringify(sandbox.cause));
        return sandbox.phase === phase ? sandbox : null;
      }),
  };
}
