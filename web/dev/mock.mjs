// A region made of cardboard, to look at the pages without one: `npm run build && npm run mock`, then open the
// printed address. It plays one sandbox with a terminal that echoes, and an api-server for the console.
//   POST /mock/status {"phase":"queued",…}   changes what /_qj/status says (null takes a field back)
//   POST /mock/cut {"code":1006}             cuts the terminal's sockets
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConsoleMock } from "./mock_console.mjs";
import { FilesMock } from "./mock_files.mjs";
import { body, json, problem } from "./mock_http.mjs";
import { StatusMock } from "./mock_status.mjs";
import { TerminalMock } from "./mock_terminal.mjs";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'";

/** `step_ms` is how long a sandbox of the console stays in each phase on its way. */
export async function startMock({ port = 0, step_ms = 900 } = {}) {
  const status = new StatusMock();
  const terminal = new TerminalMock(status);
  const files = new FilesMock();
  const region = new ConsoleMock(step_ms);
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => problem(response, 500, "internal", { detail: String(error) }));
  });
  server.on("upgrade", (request, socket, head) => terminal.upgrade(request, socket, head));
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const stop = () => {
    terminal.cut(1001);
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://localhost:${server.address().port}`, status, terminal, files, region, stop };

  async function handle(request, response) {
    const url = new URL(request.url, "http://mock");
    response.setHeader("content-security-policy", POLICY);
    if (url.pathname.startsWith("/mock/")) return control(url.pathname, await body(request), response);
    if (url.pathname.startsWith("/_qj/assets/")) return file(response, url.pathname.slice("/_qj/".length));
    if (url.pathname === "/_qj/files") return files.handle(request, response, url);
    if (url.pathname.startsWith("/_qj/") && url.pathname !== "/_qj/enter") return status.handle(request, response, url);
    if (url.pathname === "/_qj/enter") return request.method === "POST" ? redeem(request, response) : file(response, "enter.html");
    if (url.pathname.startsWith("/v1/") || url.pathname === "/console/session") return region.handle(request, response, url);
    if (url.pathname.startsWith("/console")) return file(response, "console.html");
    if (url.pathname === "/denied") return file(response, "denied.html", 401);
    if (url.pathname === "/") return status.isReady ? file(response, "terminal.html") : file(response, "waiting.html", 503);
    return problem(response, 404, "not_found", {});
  }

  async function redeem(request, response) {
    const { ticket } = await body(request);
    if (ticket === "slow") return;
    if (ticket === "away") return problem(response, 503, "api_unavailable", {});
    if (ticket !== "good") return problem(response, 403, `ticket_${ticket}`, { reentry_url: status.current.reentry_url });
    return json(response, 200, { next: "/" });
  }

  function control(path, wish, response) {
    if (path === "/mock/status") status.set(wish);
    if (path === "/mock/cut") terminal.cut(wish.code ?? 1006);
    response.writeHead(204).end();
  }
}

async function file(response, path, code = 200) {
  const bytes = await readFile(join(DIST, path)).catch(() => null);
  if (bytes === null) return problem(response, 404, "not_found", {});
  response.writeHead(code, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" }).end(bytes);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startMock({ port: Number(process.env.PORT ?? 8900) });
  console.log(`terminal ${url}/   console ${url}/console#code=good   enter ${url}/_qj/enter#ticket=good`);
}
