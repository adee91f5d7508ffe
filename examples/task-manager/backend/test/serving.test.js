// The process as Docker runs it: started, asked over the network, stopped by a signal.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { environment, listen, logIn, run, served } from "./support.js";

test("SIGTERM lets a slow request finish", async (t) => {
  const { base, child, exited } = await served(t, await environment(t));
  const agent = new http.Agent({ keepAlive: true }); // as nginx does
  t.after(() => agent.destroy());
  const answered = new Promise((done, failed) =>
    http
      .get(`${base}/api/v1/slow?seconds=2`, { agent }, (answer) => {
        let body = "";
        answer.on("data", (data) => (body += data)).on("end", () => done({ answer, body }));
      })
      .on("error", failed),
  );
  await sleep(500); // the request is on its way; nothing outside shows when it has arrived
  child.kill("SIGTERM");
  const { answer, body } = await answered;
  const ended = performance.now();
  assert.equal(answer.statusCode, 200);
  assert.equal(JSON.parse(body).slept, 2);
  assert.equal(answer.headers.connection, "close");
  assert.deepEqual(await exited, [0, null]);
  assert.ok(performance.now() - ended < 10_000, "it waits for nothing else");
});

test("SIGTERM closes idle connections and accepts no new ones", async (t) => {
  const { base, child, exited } = await served(t, await environment(t));
  await (await fetch(`${base}/api/v1/version`)).text(); // fetch keeps the connection
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  await assert.rejects(fetch(`${base}/api/v1/version`));
});

test("SIGTERM closes WebSockets with service restart", async (t) => {
  const { base, child, exited, port } = await served(t, await environment(t));
  const { next, closed } = listen(t, port, await logIn(base));
  assert.equal((await next()).type, "welcome");
  child.kill("SIGTERM");
  assert.equal(await closed, 1012);
  assert.deepEqual(await exited, [0, null]);
});

test("SIGTERM does not wait long for a client that is gone", async (t) => {
  const { base, child, exited, port } = await served(t, await environment(t));
  const { socket, next } = listen(t, port, await logIn(base));
  assert.equal((await next()).type, "welcome");
  socket.pause(); // it neither reads nor answers
  const started = performance.now();
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  assert.ok(performance.now() - started < 15_000);
});

test("the health check agrees", async (t) => {
  const { child, exited, port } = await served(t, await environment(t));
  const check = () => run("src/healthcheck.js", { PORT: String(port) });
  const well = await check();
  assert.equal(well.code, 0);
  assert.match(well.output, /^200 .*"status":"healthy"/);
  child.kill("SIGKILL");
  await exited;
  const ill = await check();
  assert.equal(ill.code, 1);
  assert.match(ill.output, /ECONNREFUSED/);
});

test("a short secret is refused and not shown", async (t) => {
  const env = await environment(t, { migrated: false });
  const { code, output } = await run("src/main.js", { ...env, SECRET_KEY: "canary-value" });
  assert.equal(code, 1);
  assert.match(output, /SECRET_KEY is shorter than 32 characters/);
  assert.ok(!output.includes("canary-value"));
});
