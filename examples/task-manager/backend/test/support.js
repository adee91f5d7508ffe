// Real databases for tests: each asks for one of its own in the Postgres of TEST_DATABASE_URL, and
// for keys of its own in the Redis of TEST_REDIS_URL.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import WebSocket from "ws";
import { createApp } from "../src/app.js";
import { readSettings } from "../src/settings.js";

export const ANNA = { email: "anna@example.com", password: "correct horse" };
const BACKEND = fileURLToPath(new URL("..", import.meta.url));
const DEADLINE = 20_000;

function needed(name) {
  if (process.env[name]) return process.env[name];
  throw new Error(`${name} is not set: these tests need a real server, see the README`);
}

export async function query(url, text, values) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

// Returns the environment of a process of this app; its database is dropped after the test.
export async function environment(t, { migrated = true } = {}) {
  const server = needed("TEST_DATABASE_URL");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await query(server, `CREATE DATABASE ${name}`);
  t.after(() => query(server, `DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  const found = {
    DATABASE_URL: url.href,
    REDIS_URL: needed("TEST_REDIS_URL"),
    REDIS_PREFIX: `${name}:`,
    SECRET_KEY: "a secret for tests that is long enough",
    APP_VERSION: "v1-test",
  };
  if (migrated) await migrate(found);
  return found;
}

// Runs a script of src/ to its end, as Docker does: a process of its own.
export async function run(script, env, ...args) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: BACKEND,
    env: { PATH: process.env.PATH, ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const [code] = await once(child, "close");
  return { code, output };
}

export async function migrate(env, ...args) {
  const ended = await run("src/migrate.js", env, ...args);
  assert.equal(ended.code, 0, ended.output);
  return ended.output;
}

// A replica in this process: it listens, and `log` holds its lines.
export async function replica(t, env) {
  const log = [];
  const stream = new Writable({
    write(chunk, encoding, done) {
      log.push(chunk.toString());
      done();
    },
  });
  const app = await createApp(readSettings(env), stream);
  t.after(() => app.close());
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address();
  await until(async () => (await app.inject("/api/v1/health")).statusCode === 200);
  return { app, port, log };
}

// A replica as a process of its own.
export async function served(t, env) {
  const free = net.createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address();
  await new Promise((done) => free.close(done));
  const child = spawn(process.execPath, ["src/main.js"], {
    cwd: BACKEND,
    env: { PATH: process.env.PATH, ...env, PORT: String(port) },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(child, "exit");
  t.after(() => child.kill("SIGKILL") && exited);
  const base = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${base}/api/v1/health`).catch(() => ({}))).status === 200);
  return { child, exited, port, base };
}

// Stands between the app and a server, and can cut the line, or let it fall silent.
export async function line(t, target) {
  const { hostname, port } = new URL(target);
  const open = new Set();
  let up = true;
  const between = net.createServer((near) => {
    if (!up) return near.destroy();
    const far = net.connect(Number(port), hostname);
    for (const [socket, other] of [[near, far], [far, near]]) {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket) && other.destroy()).pipe(other);
    }
  });
  between.listen(0, "127.0.0.1");
  await once(between, "listening");
  const cut = () => {
    up = false;
    for (const socket of open) socket.destroy();
  };
  t.after(() => {
    cut();
    between.close();
  });
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = between.address().port;
  const freeze = () => open.forEach((socket) => socket.pause());
  const thaw = () => open.forEach((socket) => socket.resume());
  return { url: url.href, cut, freeze, thaw, mend: () => (up = true) };
}

export async function until(condition) {
  const end = Date.now() + DEADLINE;
  while (!(await condition())) {
    assert.ok(Date.now() < end, "the deadline has passed");
    await sleep(20);
  }
}

// Signs up, and returns the headers of somebody who is logged in.
export async function logIn(base, credentials = ANNA) {
  const ask = (path) =>
    fetch(`${base}/api/v1/auth/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credentials),
    });
  assert.equal((await ask("signup")).status, 201);
  const { access_token: token } = await (await ask("login")).json();
  return { authorization: `Bearer ${token}` };
}

// A client of the WebSocket; `next()` gives one message after the other, `closed` how it ended.
export function listen(t, port, headers, protocols = []) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/ws`, protocols, { headers });
  const messages = [];
  const waiting = [];
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (waiting.length) waiting.shift()(message);
    else messages.push(message);
  });
  const closed = new Promise((done) => socket.on("close", (code) => done(code)));
  const refused = new Promise((done) => socket.on("error", (error) => done(error.message)));
  t.after(() => socket.terminate());
  const next = () =>
    messages.length ? Promise.resolve(messages.shift()) : new Promise((done) => waiting.push(done));
  return { socket, next, closed, refused };
}
