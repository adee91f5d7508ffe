// Serve: `node src/main.js`. On SIGTERM it stops accepting, closes WebSockets with 1012 and finishes
// what is in flight; only what outlives `shutdownSeconds` is cut.

import { createApp } from "./app.js";
import { readSettings } from "./settings.js";

const settings = readSettings();
const app = await createApp(settings);

async function stop(signal) {
  app.log.info(`${signal}: stopping`);
  setTimeout(() => {
    app.log.warn(`cut what was still open after ${settings.shutdownSeconds} s`);
    for (const socket of app.websocketServer.clients) socket.terminate();
    app.server.closeAllConnections();
  }, settings.shutdownSeconds * 1_000).unref();
  await app.close();
}

for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, stop);
await app.listen({ host: "0.0.0.0", port: settings.port, backlog: 2048 }); // a port nobody publishes
