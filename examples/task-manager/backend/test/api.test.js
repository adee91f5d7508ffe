import assert from "node:assert/strict";
import { test } from "node:test";
import { SignJWT } from "jose";
import { ANNA, environment, line, listen, logIn, query, replica, until } from "./support.js";

async function client(t, change = {}) {
  const env = { ...(await environment(t)), ...change };
  const { app, port, log } = await replica(t, env);
  const base = `http://127.0.0.1:${port}`;
  const ask = (method, path, payload, headers) =>
    app.inject({ method, url: `/api/v1${path}`, payload, headers });
  return { app, port, log, env, base, ask };
}

test("health names the version and each dependency", async (t) => {
  const { ask } = await client(t);
  const answer = await ask("GET", "/health");
  assert.equal(answer.statusCode, 200);
  const { timestamp, ...body } = answer.json();
  assert.deepEqual(body, { status: "healthy", version: "v1-test", database: "ok", redis: "ok" });
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
});

test("detailed health has versions, latencies and uptime", async (t) => {
  const { ask } = await client(t);
  const { dependencies, uptime_seconds: uptime, node, websockets } = (await ask("GET", "/health/detailed")).json();
  assert.equal(node, process.version);
  assert.equal(websockets, 0);
  assert.ok(Number.isInteger(uptime));
  for (const name of ["database", "redis"]) {
    assert.equal(dependencies[name].status, "ok");
    assert.match(dependencies[name].version, /^\d+\.\d+/);
    assert.ok(dependencies[name].milliseconds >= 0);
  }
});

for (const [name, variable] of [["database", "DATABASE_URL"], ["redis", "REDIS_URL"]]) {
  test(`health is 503 while the ${name} is away, and 200 when it is back`, async (t) => {
    const env = await environment(t);
    const cuttable = await line(t, env[variable]);
    const { app } = await replica(t, { ...env, [variable]: cuttable.url });
    cuttable.cut();
    await until(async () => (await app.inject("/api/v1/health")).statusCode === 503);
    const plain = (await app.inject("/api/v1/health")).json();
    assert.equal(plain.status, "unhealthy");
    assert.match(plain[name], /^error: ./);
    const detailed = await app.inject("/api/v1/health/detailed");
    assert.equal(detailed.statusCode, 503);
    const other = name === "database" ? "redis" : "database";
    const { dependencies } = detailed.json();
    assert.equal(dependencies[name].status, "error");
    assert.equal(dependencies[other].status, "ok");
    cuttable.mend();
    await until(async () => (await app.inject("/api/v1/health")).statusCode === 200);
  });
}

test("every answer names its version", async (t) => {
  const { ask } = await client(t);
  assert.deepEqual((await ask("GET", "/version")).json(), { version: "v1-test" });
  for (const path of ["/version", "/nowhere", "/tasks", "/health"]) {
    assert.equal((await ask("GET", path)).headers["x-app-version"], "v1-test");
  }
});

test("idle connections outlive those of nginx", async (t) => {
  const { base } = await client(t);
  const answer = await fetch(`${base}/api/v1/version`);
  assert.equal(answer.headers.get("keep-alive"), "timeout=75");
});

test("signup refuses a second account for one address", async (t) => {
  const { ask, base } = await client(t);
  await logIn(base);
  const again = await ask("POST", "/auth/signup", { ...ANNA, email: "ANNA@example.com" });
  assert.equal(again.statusCode, 409);
});

test("login refuses a wrong password and an unknown address alike", async (t) => {
  const { ask, base } = await client(t);
  await logIn(base);
  for (const wrong of [{ ...ANNA, password: "wrong horse" }, { ...ANNA, email: "nobody@example.com" }]) {
    const answer = await ask("POST", "/auth/login", wrong);
    assert.equal(answer.statusCode, 401);
    assert.deepEqual(answer.json(), { detail: "the address or the password is wrong" });
  }
});

test("tasks are added, listed, changed and removed", async (t) => {
  const { ask, base } = await client(t);
  const headers = await logIn(base);
  const first = await ask("POST", "/tasks", { title: "Write" }, headers);
  assert.equal(first.statusCode, 201);
  await ask("POST", "/tasks", { title: "Read" }, headers);
  const titles = async () => (await ask("GET", "/tasks", undefined, headers)).json().map(({ title }) => title);
  assert.deepEqual(await titles(), ["Read", "Write"]);

  const { id } = first.json();
  const changed = await ask("PATCH", `/tasks/${id}`, { title: "Write it down" }, headers);
  assert.deepEqual(changed.json(), { ...first.json(), title: "Write it down" });
  const second = (await ask("GET", "/tasks", undefined, headers)).json()[0].id;
  assert.equal((await ask("PATCH", `/tasks/${second}`, { done: true }, headers)).json().done, true);
  assert.deepEqual(await titles(), ["Write it down", "Read"]); // what is done comes last

  assert.equal((await ask("DELETE", `/tasks/${id}`, undefined, headers)).statusCode, 204);
  assert.deepEqual(await titles(), ["Read"]);
  assert.equal((await ask("DELETE", `/tasks/${id}`, undefined, headers)).statusCode, 404);
  assert.equal((await ask("PATCH", `/tasks/${id}`, { done: true }, headers)).statusCode, 404);
});

test("the list comes from Redis until a replica changes it", async (t) => {
  const { ask, base, env } = await client(t);
  const other = await replica(t, env);
  const headers = await logIn(base);
  const list = () => ask("GET", "/tasks", undefined, headers);
  assert.equal((await list()).headers["x-cache"], "miss");
  assert.equal((await list()).headers["x-cache"], "hit");
  const payload = { title: "Write" };
  await other.app.inject({ method: "POST", url: "/api/v1/tasks", payload, headers });
  const fresh = await list();
  assert.equal(fresh.headers["x-cache"], "miss");
  assert.equal(fresh.json()[0].title, "Write");
});

test("tasks are kept and listed while Redis is away", async (t) => {
  const env = await environment(t);
  const redis = await line(t, env.REDIS_URL);
  const { ask, base, app } = await client(t, { ...env, REDIS_URL: redis.url });
  const headers = await logIn(base);
  redis.cut();
  await until(() => !app.redis.isReady);
  assert.equal((await ask("POST", "/tasks", { title: "Write" }, headers)).statusCode, 201);
  const answer = await ask("GET", "/tasks", undefined, headers);
  assert.equal(answer.headers["x-cache"], "miss");
  assert.equal(answer.json()[0].title, "Write");
});

test("tasks are kept and listed while Redis is silent", async (t) => {
  const env = await environment(t);
  const redis = await line(t, env.REDIS_URL);
  const { ask, base } = await client(t, { ...env, REDIS_URL: redis.url });
  const headers = await logIn(base);
  redis.freeze();
  const started = performance.now();
  assert.equal((await ask("POST", "/tasks", { title: "Write" }, headers)).statusCode, 201);
  assert.equal((await ask("GET", "/tasks", undefined, headers)).json()[0].title, "Write");
  assert.ok(performance.now() - started < 8_000);
  assert.match((await ask("GET", "/health")).json().redis, /^error: /);
  redis.thaw();
  await until(async () => (await ask("GET", "/health")).statusCode === 200);
});

test("tasks refuse a bad token", async (t) => {
  const { ask, env } = await client(t);
  const key = new TextEncoder().encode(env.SECRET_KEY);
  const sign = (claims, secret = key) =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(secret);
  const bad = {
    nonsense: "nonsense",
    "other key": await sign({ sub: "1", exp: 4102444800 }, new TextEncoder().encode("x".repeat(32))),
    "no expiry": await sign({ sub: "1" }),
    expired: await sign({ sub: "1", exp: 1 }),
  };
  for (const [name, token] of [["none"], ...Object.entries(bad)]) {
    const headers = token && { authorization: `Bearer ${token}` };
    const answer = await ask("GET", "/tasks", undefined, headers);
    assert.equal(answer.statusCode, 401, name);
    assert.equal(answer.headers["www-authenticate"], "Bearer", name);
  }
});

test("an account that is gone cannot add a task", async (t) => {
  const { ask, base, env } = await client(t);
  const headers = await logIn(base);
  await query(env.DATABASE_URL, "DELETE FROM users");
  assert.equal((await ask("POST", "/tasks", { title: "Write" }, headers)).statusCode, 401);
});

test("nonsense is refused", async (t) => {
  const { ask, base } = await client(t);
  const headers = await logIn(base);
  assert.equal((await ask("POST", "/tasks", { title: "" }, headers)).statusCode, 400);
  assert.equal((await ask("POST", "/tasks", {}, headers)).statusCode, 400);
  assert.equal((await ask("POST", "/tasks", { title: "\0" }, headers)).statusCode, 400);
  assert.equal((await ask("PATCH", "/tasks/1", {}, headers)).statusCode, 400);
  assert.equal((await ask("PATCH", "/tasks/99999999999", { done: true }, headers)).statusCode, 400);
  assert.equal((await ask("GET", "/slow?seconds=11")).statusCode, 400);
  assert.equal((await ask("POST", "/auth/signup", { email: "x", password: "long enough" })).statusCode, 400);
});

test("echo returns any JSON", async (t) => {
  const { ask } = await client(t);
  const body = [1, { a: null }];
  assert.deepEqual((await ask("POST", "/echo", body)).json(), { version: "v1-test", body });
});

test("slow answers after that time", async (t) => {
  const { ask } = await client(t);
  const started = performance.now();
  assert.deepEqual((await ask("GET", "/slow?seconds=0.3")).json(), { version: "v1-test", slept: 0.3 });
  assert.ok(performance.now() - started > 290);
});

test("a failure is logged, and not shown to the client", async (t) => {
  const { ask, base, env, log } = await client(t);
  const headers = await logIn(base);
  await query(env.DATABASE_URL, "DROP TABLE tasks");
  const answer = await ask("POST", "/tasks", { title: "Write" }, headers);
  assert.equal(answer.statusCode, 500);
  assert.deepEqual(answer.json(), { detail: "something went wrong: try again later" });
  assert.match(log.join(""), /relation \\"tasks\\" does not exist/);
});

test("logs are a line a request, without secrets and health checks", async (t) => {
  const { app, ask, base, log, port } = await client(t);
  const headers = await logIn(base);
  await ask("GET", "/tasks?token=in-a-query", undefined, headers);
  await ask("GET", "/health");
  const listening = listen(t, port, {}, ["tasks", `bearer.${headers.authorization.split(" ")[1]}`]);
  assert.equal((await listening.next()).type, "welcome");
  await app.close();
  const requests = log.map((entry) => JSON.parse(entry)).filter(({ msg }) => msg === "request");
  assert.ok(requests.every(({ path }) => !path.includes("health")));
  assert.deepEqual(
    requests.filter(({ path }) => path === "/api/v1/tasks").map(({ method, status, level }) => [method, status, level]),
    [["GET", 200, "info"]],
  );
  const written = log.join("");
  for (const secret of [ANNA.password, headers.authorization.split(" ")[1], "in-a-query"]) {
    assert.ok(!written.includes(secret));
  }
});

test("requests are counted by method, route and status", async (t) => {
  const { app, ask, port } = await client(t);
  await ask("GET", "/version");
  await ask("PATCH", "/tasks/7", { done: true });
  await ask("GET", "/nothing?and=more");
  assert.match(await listen(t, port, {}).refused, /401/);
  const lines = (await app.inject("/metrics")).payload.split("\n");
  for (const line of [
    'http_requests_total{method="GET",path="/api/v1/version",status="200"} 1',
    'http_requests_total{method="PATCH",path="/api/v1/tasks/:id",status="401"} 1',
    'http_requests_total{method="GET",path="none",status="404"} 1',
    'http_requests_total{method="POST",path="/api/v1/tasks",status="500"} 0',
    'http_request_duration_seconds_count{method="GET",path="/api/v1/version"} 1',
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.ok(!lines.some((line) => /\/ws|\/health|\/metrics/.test(line)));
});
