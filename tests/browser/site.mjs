// Another site's page that embeds an environment, as a classroom does.
import { createServer } from "node:http";

/** Serves a page on 127.0.0.1, which is another site than *.localhost, with the URL in an iframe. */
export async function startSite() {
  let embedded = "about:blank";
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(`<!doctype html><meta charset="utf-8"><title>Lesson</title><h1>Lesson 3</h1>
<ol id="messages"></ol><iframe title="environment" src="${embedded}" width="1000" height="600"></iframe>
<script>addEventListener("message", ({ data }) => { if (data.source === "qingjiao") {
  const item = document.createElement("li"); item.textContent = data.type + " " + data.ref; messages.append(item); } });</script>`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    embed: (url) => void (embedded = url),
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
