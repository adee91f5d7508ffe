// Bring the database to this release: `node src/migrate.js`; `node src/migrate.js down` takes the
// last migration back. One process at a time, all or nothing, and never a long lock.
//
// Old code keeps serving meanwhile and for a while after, so each migration must suit both: expand
// first, contract in a later release.

import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";

const [direction = "up"] = process.argv.slice(2);
const say = (level) => (message) =>
  console.log(JSON.stringify({ level, time: new Date().toISOString(), msg: message }));

try {
  if (!["up", "down"].includes(direction)) throw new Error(`${direction}: not "up" or "down"`);
  await runner({
    // Rather fail than hold up the app's own queries, which queue behind a lock that is waited for.
    databaseUrl: { connectionString: process.env.DATABASE_URL, options: "-c lock_timeout=5s" },
    dir: fileURLToPath(new URL("../migrations", import.meta.url)),
    migrationsTable: "migrations",
    direction,
    count: direction === "down" ? 1 : undefined,
    advisoryLockMode: "wait",
    logger: { info: say("info"), warn: say("warn"), error: say("error") },
  });
} catch (error) {
  say("error")(error.message);
  process.exitCode = 1;
}
