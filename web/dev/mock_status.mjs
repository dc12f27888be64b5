import { json, problem } from "./mock_http.mjs";

const HOUR_MS = 3_600_000;

/** The state of the one sandbox behind the app host. */
export class StatusMock {
  waiting = new Set();
  revision = 1;
  current = {
    sandbox: "bj-7k2m9qx4w0c3v8n1",
    ref: "c42-s7",
    app: "terminal",
    kind: "terminal",
    phase: "ready",
    wanted: "running",
    cause: null,
    queue: null,
    expires_at: new Date(Date.now() + HOUR_MS).toISOString(),
    idle_stop_at: null,
    max_expires_at: new Date(Date.now() + 3 * HOUR_MS).toISOString(),
    can_wake: true,
    can_extend: true,
    reentry_url: "http://localhost/classroom?course=42",
    role: "student",
  };

  get isReady() {
    return this.current.phase === "ready";
  }

  set(wish) {
    this.current = { ...this.current, ...wish };
    this.revision += 1;
    for (const wake of this.waiting) wake();
  }

  async handle(request, response, url) {
    if (url.pathname === "/_qj/status") return this.answer(request, response, url);
    if (url.pathname === "/_qj/wake") return this.wake(response);
    if (url.pathname === "/_qj/extend") return this.extend(response);
    return problem(response, 404, "not_found", {});
  }

  async answer(request, response, url) {
    const etag = () => `"${this.revision}"`;
    if (this.current.phase === "denied") return problem(response, 401, "access_required", this.current);
    if (url.searchParams.get("etag") === etag()) await this.change(Number(url.searchParams.get("wait_s")), request);
    json(response, 200, { ...this.current, server_time: new Date().toISOString() }, { etag: etag() });
  }

  change(wait_s, request) {
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, wait_s * 1000);
      this.waiting.add(done);
      request.on("close", done);
    });
  }

  wake(response) {
    if (!this.current.can_wake) return problem(response, 409, "may_not_wake", {});
    this.set({ phase: "queued", wanted: "running", cause: null, queue: { place: 3, estimate_s: [20, 60] } });
    const later = [{ phase: "provisioning", queue: null }, { phase: "starting" }, { phase: "ready" }];
    later.forEach((wish, i) => setTimeout(() => this.set(wish), (i + 1) * 1200));
    response.writeHead(202).end();
  }

  extend(response) {
    const expires_at = new Date(Date.now() + HOUR_MS).toISOString();
    this.set({ expires_at, idle_stop_at: null });
    json(response, 200, { expires_at, limited_by: null });
  }
}
