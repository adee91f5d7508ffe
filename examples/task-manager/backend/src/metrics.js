// What Prometheus reads: how many requests were answered, how, and how soon.
//
// nginx answers 404 for this path; Prometheus asks each replica directly, on the internal network.

import { Counter, Histogram, Registry } from "prom-client";

const OWN_PATHS = /^\/metrics$|^\/api\/v1\/health/; // asked by machines: neither logged nor counted
const METHODS = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]);

export const isOwn = (path) => OWN_PATHS.test(path);

// Answers /metrics on `app`, and learns its routes, of which there may be none yet. Returns what counts
// a request by the template of its route: a client invents no new label.
export function watch(app) {
  const registers = [new Registry()];
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests that were answered.",
    labelNames: ["method", "path", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time to answer.",
    labelNames: ["method", "path"],
    registers,
  });

  const [registry] = registers;
  app.get("/metrics", async (request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
  app.addHook("onRoute", ({ method, url: path, websocket }) => {
    if (websocket || isOwn(path)) return;
    for (const each of [method].flat()) {
      requests.inc({ method: each, path, status: 500 }, 0); // from 0 on: the first is then one more
    }
  });

  return (request, reply) => {
    if (request.ws) return; // it lasts for hours
    const method = METHODS.has(request.method) ? request.method : "other";
    const path = request.routeOptions.url ?? "none";
    requests.inc({ method, path, status: reply.statusCode });
    seconds.observe({ method, path }, reply.elapsedTime / 1_000);
  };
}
