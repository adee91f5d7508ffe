// What is new in this release, and that the release before it can live with its schema.

import assert from "node:assert/strict";
import { test } from "node:test";
import { environment, logIn, migrate, query, replica } from "./support.js";

async function client(t, env) {
  const { app, port } = await replica(t, env);
  const headers = await logIn(`http://127.0.0.1:${port}`);
  return async (method, path, payload) =>
    (await app.inject({ method, url: `/api/v1${path}`, payload, headers })).json();
}

test("a task may be due on a day, and what is due first comes first", async (t) => {
  const ask = await client(t, await environment(t));
  await ask("POST", "/tasks", { title: "some day" });
  await ask("POST", "/tasks", { title: "later", due_on: "2030-05-02" });
  const task = await ask("POST", "/tasks", { title: "soon", due_on: "2030-05-01" });
  assert.equal(task.due_on, "2030-05-01");
  const listed = async () => (await ask("GET", "/tasks")).map(({ title, due_on: due }) => [title, due]);
  assert.deepEqual(await listed(), [["soon", "2030-05-01"], ["later", "2030-05-02"], ["some day", null]]);

  assert.equal((await ask("PATCH", `/tasks/${task.id}`, { title: "sooner" })).due_on, "2030-05-01");
  assert.equal((await ask("PATCH", `/tasks/${task.id}`, { due_on: null })).due_on, null);
  assert.match((await ask("POST", "/tasks", { title: "x", due_on: "tomorrow" })).detail, /due_on/);
});

test("what the release before wrote is there, and can be written by it after the migration", async (t) => {
  const env = await environment(t);
  await migrate(env, "down");
  const oldInsert = "INSERT INTO tasks (title, created_by) VALUES ($1, $2)";
  const user = "INSERT INTO users (email, password_hash) VALUES ('a@example.com', 'x') RETURNING id";
  const [{ id }] = await query(env.DATABASE_URL, user);
  await query(env.DATABASE_URL, oldInsert, ["before", id]);
  await migrate(env);
  await query(env.DATABASE_URL, oldInsert, ["after", id]);
  const ask = await client(t, env);
  const tasks = await ask("GET", "/tasks");
  assert.deepEqual(tasks.map(({ title, due_on: due }) => [title, due]), [["after", null], ["before", null]]);
});
