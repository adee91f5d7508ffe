import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { environment, line, listen, logIn, replica } from "./support.js";

const WELCOME = { type: "welcome", version: "v1-test" };

test("a change at one replica reaches the clients of all", async (t) => {
  const env = await environment(t);
  const [one, two] = [await replica(t, env), await replica(t, env)];
  const headers = await logIn(`http://127.0.0.1:${one.port}`);
  const clients = [listen(t, one.port, headers), listen(t, two.port, headers)];
  for (const { next } of clients) assert.deepEqual(await next(), WELCOME);

  const ask = (method, url, payload) => one.app.inject({ method, url: `/api/v1${url}`, payload, headers });
  const task = (await ask("POST", "/tasks", { title: "Write" })).json();
  const done = (await ask("PATCH", `/tasks/${task.id}`, { done: true })).json();
  await ask("DELETE", `/tasks/${task.id}`);
  for (const { next } of clients) {
    assert.deepEqual(await next(), { type: "task", change: "added", task });
    assert.deepEqual(await next(), { type: "task", change: "changed", task: done });
    assert.deepEqual(await next(), { type: "task", change: "removed", task: { id: task.id } });
  }
});

test("a browser gives its token as a subprotocol", async (t) => {
  const { port } = await replica(t, await environment(t));
  const { authorization } = await logIn(`http://127.0.0.1:${port}`);
  const { socket, next } = listen(t, port, {}, ["tasks", `bearer.${authorization.split(" ")[1]}`]);
  assert.deepEqual(await next(), WELCOME);
  assert.equal(socket.protocol, "tasks");
});

test("without a token nobody listens", async (t) => {
  const { port } = await replica(t, await environment(t));
  assert.match(await listen(t, port, {}).refused, /401/);
  assert.match(await listen(t, port, {}, ["tasks", "bearer.nonsense"]).refused, /401/);
});

test("who listens when the token expires is sent away", async (t) => {
  const env = await environment(t);
  const { port } = await replica(t, env);
  const token = await new SignJWT({ sub: "1" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("2s")
    .sign(new TextEncoder().encode(env.SECRET_KEY));
  const { next, closed } = listen(t, port, { authorization: `Bearer ${token}` });
  assert.deepEqual(await next(), WELCOME);
  assert.equal(await closed, 4401);
});

test("after a break of Redis clients are told to read the list anew", async (t) => {
  const env = await environment(t);
  const redis = await line(t, env.REDIS_URL);
  const { app, port } = await replica(t, { ...env, REDIS_URL: redis.url });
  const headers = await logIn(`http://127.0.0.1:${port}`);
  const { next } = listen(t, port, headers);
  assert.deepEqual(await next(), WELCOME);
  redis.cut();
  redis.mend();
  assert.deepEqual(await next(), { type: "reload" });
  const payload = { title: "Write" };
  const told = next();
  await app.inject({ method: "POST", url: "/api/v1/tasks", payload, headers });
  assert.equal((await told).change, "added");
});
