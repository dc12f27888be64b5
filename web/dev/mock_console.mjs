import { body, json, problem } from "./mock_http.mjs";
import { CAUSES, sandboxes, templates } from "./mock_region.mjs";

const HOUR_MS = 3_600_000;
const LIVES = {
  start: ["queued", "provisioning", "starting", "ready"],
  stop: ["stopping", "stopped"],
  reset: ["stopping", "stopped", "queued", "provisioning", "starting", "ready"],
  delete: ["deleting", "deleted"],
};

/** The part of the api-server that the console talks to: sandboxes that live through their phases. */
export class ConsoleMock {
  signedIn = false;
  sandboxes = new Map(sandboxes().map((sandbox) => [sandbox.id, sandbox]));
  templates = templates();
  cordoned = false;
  log = [];
  watchers = new Set();

  constructor(step_ms) {
    this.step_ms = step_ms;
  }

  async handle(request, response, url) {
    const [, , kind, id, verb] = url.pathname.split("/");
    const at = `${request.method} ${[kind, id && ":id", verb].filter(Boolean).join("/")}`;
    if (at === "DELETE session") return this.signOut(response);
    if (url.pathname === "/console/session") return this.signIn(await body(request), response);
    if (!this.signedIn) return problem(response, 401, "unauthenticated", {});
    if (at === "GET templates") return json(response, 200, { items: this.templates, next: null });
    if (at === "GET tenants") return json(response, 200, { items: [{ id: "demo" }, { id: "school-9" }], next: null });
    if (at === "GET capacity") return json(response, 200, this.capacity());
    if (at === "POST templates/:id/versions") return this.publish(id, await body(request), response);
    if (kind === "region") return this.cordon(id === "cordon" ? (await body(request)).reason : false, response);
    if (url.pathname === "/v1/events/watch") return this.watch(request, response);
    if (at === "GET sandboxes") return this.list(response, url);
    if (at === "POST sandboxes") return this.create(await body(request), response);
    if (this.sandboxes.has(id)) return this.one(at, this.sandboxes.get(id), request, response);
    return problem(response, 404, "not_found", { detail: "there is no such thing" });
  }

  signIn({ code }, response) {
    if (code !== "good") return problem(response, 403, "login_spent", {});
    this.signedIn = true;
    response.writeHead(204).end();
  }

  signOut(response) {
    this.signedIn = false;
    response.writeHead(204).end();
  }

  publish(name, template, response) {
    if (!template.machines?.length) {
      const errors = [{ field: "machines", message: "there is none", allowed: "1 to 16 machines" }, { field: "policy.lifetime_s", message: "is too short", allowed: "60 to 2592000" }];
      return problem(response, 422, "invalid_request", { detail: "`machines`: there is none", errors });
    }
    const published = { name, version: "sha256:77aa01", published_at: new Date().toISOString(), template };
    this.templates = [...this.templates, published];
    this.tell({ type: "template.published", changed: [] });
    return json(response, 201, published);
  }

  cordon(cordoned, response) {
    this.cordoned = cordoned;
    json(response, 200, { cordoned: cordoned || null });
  }

  async one(at, sandbox, request, response) {
    if (at === "GET sandboxes/:id") return json(response, 200, sandbox);
    if (at === "GET sandboxes/:id/events") return json(response, 200, { items: this.historyOf(sandbox), next: null });
    if (at === "DELETE sandboxes/:id") return this.command("delete", sandbox, response);
    if (at === "POST sandboxes/:id/access") return json(response, 200, { url: "/_qj/enter#ticket=good", expires_at: null });
    if (at === "POST sandboxes/:id/extend") return this.extend(sandbox, await body(request), response);
    const name = at.split("/").pop();
    return name in LIVES ? this.command(name, sandbox, response) : problem(response, 404, "not_found", {});
  }

  list(response, url) {
    const phase = url.searchParams.get("phase");
    const all = [...this.sandboxes.values()].filter((sandbox) => phase === null || sandbox.phase === phase);
    const from = Number(url.searchParams.get("cursor") ?? 0);
    const to = from + Number(url.searchParams.get("limit") ?? 100);
    json(response, 200, { items: all.slice(from, to), next: to < all.length ? String(to) : null, position: `E1.${this.log.length}` });
  }

  create(wish, response) {
    if (/[^a-z0-9-]/.test(wish.owner)) {
      const errors = [{ field: "owner", message: "has a character that is not allowed", allowed: "a-z 0-9 . _ -" }];
      return problem(response, 422, "invalid_request", { detail: "`owner`: has a character that is not allowed", errors });
    }
    const sandbox = { ...sandboxes()[0], ...wish, id: `bj-${Math.random().toString(36).slice(2, 14)}`, template: `${wish.template}@sha256:4f1c9a2b77`, created_at: new Date().toISOString(), phase: "queued", cause: null, queue: { place: 1, estimate_s: [2, 5] } };
    this.change(sandbox, {}, "sandbox.created");
    this.live("start", sandbox.id);
    json(response, 202, sandbox);
  }

  command(name, sandbox, response) {
    this.change(sandbox, { wanted: { stop: "stopped", delete: "deleted" }[name] ?? "running" });
    this.live(name, sandbox.id);
    json(response, 202, { generation: sandbox.generation + 1 });
  }

  extend(sandbox, { expires_at }, response) {
    this.change(sandbox, { expires_at });
    json(response, 200, { expires_at, limited_by: null, generation: sandbox.generation });
  }

  live(name, id) {
    LIVES[name].forEach((phase, i) => {
      setTimeout(() => {
        const sandbox = this.sandboxes.get(id);
        if (sandbox) this.change(sandbox, { phase, cause: null, queue: null }, phase === "deleted" ? "sandbox.deleted" : "sandbox.changed");
      }, (i + 1) * this.step_ms).unref();
    });
  }

  change(sandbox, wish, type = "sandbox.changed") {
    const next = { ...sandbox, ...wish };
    if (type === "sandbox.deleted") this.sandboxes.delete(next.id);
    else this.sandboxes.set(next.id, next);
    this.tell({ type, changed: Object.keys(wish), sandbox: next });
  }

  tell(news) {
    const event = { position: `E1.${this.log.length + 1}`, at: new Date().toISOString(), ...news };
    this.log.push(event);
    for (const response of this.watchers) this.send(response, event);
  }

  watch(request, response) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": hello\n\n");
    const last = request.headers["last-event-id"] ?? new URL(request.url, "http://mock").searchParams.get("after");
    if (last) for (const event of this.log.slice(Number(last.split(".")[1]))) this.send(response, event);
    this.watchers.add(response);
    request.on("close", () => this.watchers.delete(response));
  }

  send(response, event) {
    response.write(`id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  historyOf(sandbox) {
    const own = this.log.filter((event) => event.sandbox?.id === sandbox.id);
    const at = (back_s) => new Date(Date.parse(sandbox.created_at) + back_s * 1000).toISOString();
    const early = ["queued", "provisioning", "starting"].map((phase, i) => ({ position: `E0.${i}`, type: i === 0 ? "sandbox.created" : "sandbox.changed", at: at(i * 3), changed: i === 0 ? [] : ["phase"], sandbox: { ...sandbox, phase, cause: phase === "starting" ? null : CAUSES.no_capacity } }));
    return [...early, { position: "E0.9", type: "sandbox.changed", at: at(12), changed: ["phase"], sandbox }, ...own];
  }

  capacity() {
    const total = { cpu_millis: 64_000, memory_mib: 262_144, disk_mib: 2_097_152, gpus: 4 };
    const used = { cpu_millis: 41_500, memory_mib: 151_552, disk_mib: 498_000, gpus: 4 };
    return { as_of: new Date(Date.now() - HOUR_MS / 1000).toISOString(), total, used, largest: total, cordoned: this.cordoned };
  }
}
