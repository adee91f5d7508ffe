// Whether this process can serve: it answers, and what it depends on answers it.

import { within } from "../deadline.js";

const PROBE_SECONDS = 2;

export function healthRoutes(app, { settings }) {
  const probes = {
    database: async () => (await app.databaseProbe.query("SHOW server_version")).rows[0].server_version,
    redis: async () => {
      if (!app.subscriber.isReady) throw new Error("not subscribed");
      return /^redis_version:(\S+)/m.exec(await app.redis.info("server"))?.[1];
    },
  };

  async function ask(name) {
    const started = performance.now();
    let found;
    try {
      found = { status: "ok", version: await within(PROBE_SECONDS, probes[name]()) };
    } catch (error) {
      found = { status: "error", error: error.code ?? error.message };
      app.log.warn(`unhealthy: ${name}: ${found.error}`);
    }
    return [name, { ...found, milliseconds: Math.round((performance.now() - started) * 10) / 10 }];
  }

  async function look(reply) {
    const dependencies = Object.fromEntries(await Promise.all(Object.keys(probes).map(ask)));
    const healthy = Object.values(dependencies).every(({ status }) => status === "ok");
    reply.code(healthy ? 200 : 503);
    return { status: healthy ? "healthy" : "unhealthy", version: settings.version, dependencies };
  }

  app.get("/health", async (request, reply) => {
    const { status, version, dependencies } = await look(reply);
    const told = ([name, found]) => [name, found.error ? `error: ${found.error}` : "ok"];
    const each = Object.fromEntries(Object.entries(dependencies).map(told));
    return { status, version, timestamp: new Date().toISOString(), ...each };
  });

  app.get("/health/detailed", async (request, reply) => ({
    ...(await look(reply)),
    timestamp: new Date().toISOString(),
    node: process.version,
    uptime_seconds: Math.round(process.uptime()),
    websockets: app.websocketServer.clients.size,
  }));
}
