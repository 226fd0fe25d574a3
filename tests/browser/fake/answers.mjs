// What the stand-ins for the server answer with: the pages as they are built, JSON, errors.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const bundles = process.env.SOTTO_BUNDLES ?? `${root}build/web/bundles`;

const html = "text/html; charset=utf-8";
const javascript = "text/javascript; charset=utf-8";
const css = "text/css; charset=utf-8";

const files = new Map([
  ["/", [`${root}web/index.html`, html]],
  ["/listen", [`${root}web/listen.html`, html]],
  ["/speak", [`${root}web/speak.html`, html]],
  ["/console", [`${root}web/console.html`, html]],
  ["/app/icon.svg", [`${root}web/icon.svg`, "image/svg+xml"]],
  ...["index", "listen", "speak", "console", "capture_worklet"]
    .map((name) => [`/app/${name}.js`, [`${bundles}/${name}.js`, javascript]]),
  ...["style", "speak", "console"].map((name) => [`/app/${name}.css`, [`${bundles}/${name}.css`, css]]),
]);

export function error(code, message, field = "") {
  return { error: { code, message, field } };
}

export function sendJson(response, status, value) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** A page or a part of one; `instead` has other contents for some paths. */
export async function sendFile(response, path, instead = new Map()) {
  const [file, type] = files.get(path) ?? [];
  if (!file) return sendJson(response, 404, error("not_found", "there is nothing at this path", "path"));
  response.writeHead(200, { "content-type": type });
  response.end(instead.get(path) ?? await readFile(file));
}

/** An HTTP server on this machine, and its address. */
export async function listenTo(answer, port = 0) {
  const http = createServer(answer);
  await new Promise((resolve) => http.listen(port, "127.0.0.1", resolve));
  return { http, address: `http://localhost:${http.address().port}` };
}

export async function stopListening(http) {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
}
