import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { environment, migrate, query, run } from "./support.js";

const tables = async (url) => {
  const select = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'";
  return (await query(url, select)).map(({ name }) => name).sort();
};

test("up, up again, all the way down, and up", async (t) => {
  const env = await environment(t, { migrated: false });
  await migrate(env);
  assert.deepEqual(await tables(env.DATABASE_URL), ["migrations", "tasks", "users"]);
  assert.match(await migrate(env), /No migrations to run/);
  const applied = (await query(env.DATABASE_URL, "SELECT name FROM migrations")).length;
  for (let left = applied; left > 0; left -= 1) await migrate(env, "down");
  assert.deepEqual(await tables(env.DATABASE_URL), ["migrations"]);
  await migrate(env);
  assert.deepEqual(await tables(env.DATABASE_URL), ["migrations", "tasks", "users"]);
});

test("two migrations at once do the work once", async (t) => {
  const env = await environment(t, { migrated: false });
  await Promise.all([migrate(env), migrate(env)]);
  const rows = await query(env.DATABASE_URL, "SELECT name, count(*)::int AS times FROM migrations GROUP BY name");
  assert.ok(rows.length > 0 && rows.every(({ times }) => times === 1));
});

test("this release finds nothing to do on the schema of a later one", async (t) => {
  const env = await environment(t);
  await query(env.DATABASE_URL, "INSERT INTO migrations (name, run_on) VALUES ('9999_later', now())");
  assert.match(await migrate(env), /No migrations to run/);
});

test("a migration that fails leaves nothing behind", async (t) => {
  const env = await environment(t, { migrated: false });
  await query(env.DATABASE_URL, "CREATE TABLE users (id integer)");
  const { code, output } = await run("src/migrate.js", env);
  assert.equal(code, 1);
  assert.match(output, /relation \\"users\\" already exists/);
  assert.deepEqual(await tables(env.DATABASE_URL), ["migrations", "users"]);
  assert.deepEqual(await query(env.DATABASE_URL, "SELECT * FROM migrations"), []);
});

test("a migration rather fails than waits for long", async (t) => {
  const env = await environment(t);
  const holder = new pg.Client({ connectionString: env.DATABASE_URL });
  await holder.connect();
  try {
    await holder.query("BEGIN; LOCK TABLE tasks IN ACCESS SHARE MODE");
    const { code, output } = await run("src/migrate.js", env, "down");
    assert.equal(code, 1);
    assert.match(output, /canceling statement due to lock timeout/);
  } finally {
    await holder.end();
  }
});
