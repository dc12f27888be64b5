import { json, problem } from "./mock_http.mjs";

/** A few files in memory. Slow on purpose, so that progress can be seen. */
export class FilesMock {
  files = new Map([
    ["main.py", Buffer.from("print('hello')\n")],
    ["notes.md", Buffer.from("# 笔记\n".repeat(900))],
    ["data/train.csv", Buffer.alloc(3_400_000, "1,2\n")],
    ["data/labels.json", Buffer.from('{"a":1}')],
    ["练习/第一课.txt", Buffer.from("你好\n")],
  ]);

  async handle(request, response, url) {
    const path = (url.searchParams.get("path") ?? ".").replace(/^\.\/?/, "").replace(/\/$/, "");
    if (request.method === "PUT") return this.put(request, response, path);
    const content = this.files.get(path);
    if (content !== undefined) return this.send(response, path, content);
    const entries = this.entries(path === "" ? "" : `${path}/`);
    return entries.length === 0 && path !== "" ? problem(response, 404, "not_found", {}) : json(response, 200, { path, entries });
  }

  send(response, path, content) {
    const name = encodeURIComponent(path.split("/").pop());
    response.writeHead(200, { "content-length": content.length, "content-disposition": `attachment; filename*=UTF-8''${name}` });
    response.end(content);
  }

  entries(prefix) {
    const found = new Map();
    for (const [path, content] of this.files) {
      if (!path.startsWith(prefix)) continue;
      const [name, ...deeper] = path.slice(prefix.length).split("/");
      const kind = deeper.length > 0 ? "folder" : "file";
      found.set(name, { name, kind, size_bytes: kind === "file" ? content.length : null, modified_at: new Date().toISOString() });
    }
    return [...found.values()];
  }

  async put(request, response, path) {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (path.includes("full")) return problem(response, 507, "disk_full", {});
    const content = Buffer.concat(chunks);
    this.files.set(path, content);
    json(response, 201, { size_bytes: content.length });
  }
}
