// What load tests use: each answer says which version gave it.

import { setTimeout as sleep } from "node:timers/promises";

const seconds = { type: "number", minimum: 0, maximum: 10, default: 5 };
const querystring = { type: "object", properties: { seconds } };

export function probeRoutes(app, { settings }) {
  app.get("/version", async () => ({ version: settings.version }));

  app.get("/slow", { schema: { querystring } }, async (request) => {
    await sleep(request.query.seconds * 1_000);
    return { version: settings.version, slept: request.query.seconds };
  });

  app.post("/echo", async (request) => ({ version: settings.version, body: request.body }));
}
