export async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : JSON.parse(text);
}

export function json(response, code, value, headers = {}) {
  response.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

export function problem(response, status, type, more) {
  const value = { type, status, detail: type, request_id: "req-3f9a2c", ...more };
  response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify(value));
}
