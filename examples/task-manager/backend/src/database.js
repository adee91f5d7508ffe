// Postgres: a pool for the requests, and one connection that only health checks use.

import pg from "pg";

const STATEMENT_MILLISECONDS = 10_000;
const CONNECT_MILLISECONDS = 2_000;

export function openDatabase(settings, log) {
  const open = (max) => {
    const pool = new pg.Pool({
      connectionString: settings.databaseUrl,
      application_name: "task-manager",
      max,
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      statement_timeout: STATEMENT_MILLISECONDS,
      query_timeout: STATEMENT_MILLISECONDS + 1_000, // for a server that is gone without a word
      keepAlive: true,
    });
    // An idle connection that breaks is replaced by the next query; unheard, it would end the process.
    pool.on("error", (error) => log.warn({ err: error }, "an idle connection to Postgres broke"));
    return pool;
  };
  return { pool: open(8), probe: open(1) };
}
