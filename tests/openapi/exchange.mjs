// One HTTP request and its answer, as they are: nothing is followed, decoded or kept alive.

import { request as httpRequest } from "node:http";

/**
 * `target` is sent as it is. With `announced` the body is only announced, that many bytes of it, as
 * a client does that asks first whether it may send them.
 */
export function exchange(address, { method, target, headers = {}, body, announced }) {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      hostname, port, method, path: target, agent: false,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) }),
        ...(announced === undefined ? {} : { "Content-Length": announced, Expect: "100-continue" }),
      },
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) });
        request.destroy();
      });
    });
    if (announced === undefined) request.end(body);
    else request.flushHeaders();
  });
}
