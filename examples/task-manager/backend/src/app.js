// The application object: what it depends on, what happens around each request, and its routes.

import websocket from "@fastify/websocket";
import Fastify, { LogController } from "fastify";
import { Changes } from "./changes.js";
import { openDatabase } from "./database.js";
import { isOwn, watch } from "./metrics.js";
import { closeRedis, openRedis } from "./redis.js";
import { authRoutes } from "./routes/auth.js";
import { healthRoutes } from "./routes/health.js";
import { probeRoutes } from "./routes/probes.js";
import { socketRoutes } from "./routes/socket.js";
import { taskRoutes } from "./routes/tasks.js";
import { authenticated } from "./security.js";

const PREFIX = "/api/v1";
const NUL_IN_TEXT = "22021"; // JSON may hold what Postgres cannot
const SUBPROTOCOL = "tasks"; // what browsers ask for beside their token, see security.js

export async function createApp(settings, logStream = process.stdout) {
  const app = Fastify({
    logger: {
      level: settings.logLevel,
      stream: logStream,
      base: { version: settings.version },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    // A line of our own says it (onResponse, below), without what machines ask for all the time.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: true, // only nginx reaches this port: the network is internal
    keepAliveTimeout: settings.keepAliveSeconds * 1_000,
    return503OnClosing: false, // a request that is already here is answered
  });

  const { pool, probe } = openDatabase(settings, app.log);
  const redis = openRedis(settings, app.log);
  app.decorate("database", pool);
  app.decorate("databaseProbe", probe);
  app.decorate("redis", redis.commands);
  app.decorate("subscriber", redis.subscriber);
  app.decorate("channel", `${settings.redisPrefix}tasks`);
  app.decorate("authenticated", authenticated(settings));
  app.decorate("stopping", false);
  app.decorateRequest("user", null);

  await app.register(websocket, {
    options: {
      maxPayload: 1024,
      closeTimeout: 5_000, // for a client that is gone and never answers
      handleProtocols: (protocols) => protocols.has(SUBPROTOCOL) && SUBPROTOCOL,
    },
    preClose: (done) => {
      app.stopping = true;
      app.changes.close();
      done();
    },
  });
  const sockets = app.websocketServer.clients;
  app.decorate("changes", new Changes(redis.subscriber, app.channel, sockets));

  const count = watch(app);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("X-App-Version", settings.version);
  });
  app.addHook("onSend", async (request, reply) => {
    // Else the connection would stay open for keepAliveTimeout, and the process with it.
    if (app.stopping) reply.header("Connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    const path = request.url.split("?", 1)[0]; // a query string may hold what no log should
    if (isOwn(path)) return;
    count(request, reply);
    const { method, ip: client } = request;
    const milliseconds = Math.round(reply.elapsedTime * 10) / 10;
    request.log.info({ method, path, status: reply.statusCode, milliseconds, client }, "request");
  });
  app.addHook("onClose", async () => {
    closeRedis(redis);
    await Promise.all([pool.end(), probe.end()]);
  });

  app.setErrorHandler((error, request, reply) => {
    const status = error.code === NUL_IN_TEXT ? 400 : (error.statusCode ?? 500);
    if (status >= 500) request.log.error({ err: error }, "a request failed");
    const detail = status >= 500 ? "something went wrong: try again later" : error.message;
    return reply.code(status).headers(error.headers ?? {}).send({ detail });
  });
  app.setNotFoundHandler((request, reply) => reply.code(404).send({ detail: "no such address" }));

  for (const routes of [authRoutes, healthRoutes, probeRoutes, socketRoutes, taskRoutes]) {
    await app.register(async (scope) => routes(scope, { settings }), { prefix: PREFIX });
  }
  return app;
}
