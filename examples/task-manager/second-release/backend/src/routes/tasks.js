// The tasks: one list that everybody shares.

import { TaskCache } from "../cache.js";
import { refusal } from "../security.js";

// Never `*`: the next release's columns are there before this one is gone.
const COLUMNS = "id, title, done, to_char(due_on, 'YYYY-MM-DD') AS due_on, created_by, created_at";
const SHAPE = 2; // of COLUMNS, in the cache: counts up when they change
const NO_SUCH_USER = "23503";

const id = { type: "integer", minimum: 1, maximum: 2 ** 31 - 1 };
const params = { type: "object", properties: { id } };
const title = { type: "string", minLength: 1, maxLength: 200 };
const done = { type: "boolean" };
const dueOn = { type: ["string", "null"], format: "date" };

export function taskRoutes(app, { settings }) {
  const cache = new TaskCache(app.redis, settings.redisPrefix, SHAPE, app.log);
  const tell = (change, task) => cache.changed(app.channel, JSON.stringify({ type: "task", change, task }));

  app.addHook("onRequest", app.authenticated);

  app.get("/tasks", async (request, reply) => {
    const select = `SELECT ${COLUMNS} FROM tasks ORDER BY done, due_on, id DESC LIMIT 200`;
    const [tasks, cached] = await cache.list(async () => (await app.database.query(select)).rows);
    reply.header("X-Cache", cached ? "hit" : "miss");
    return tasks;
  });

  const added = { type: "object", required: ["title"], properties: { title, due_on: dueOn } };
  app.post("/tasks", { schema: { body: added } }, async (request, reply) => {
    const insert = `INSERT INTO tasks (title, created_by, due_on) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`;
    const values = [request.body.title, request.user.id, request.body.due_on];
    const { rows } = await app.database.query(insert, values).catch((error) => {
      throw error.code === NO_SUCH_USER ? refusal("log in again: this account is gone") : error;
    });
    await tell("added", rows[0]);
    return reply.code(201).send(rows[0]);
  });

  const fields = { title, done, due_on: dueOn };
  const changed = { type: "object", minProperties: 1, properties: fields };
  app.patch("/tasks/:id", { schema: { params, body: changed } }, async (request, reply) => {
    // null takes a due date away; a body that does not name it leaves it.
    const update = `UPDATE tasks SET title = coalesce($2, title), done = coalesce($3, done),
                                     due_on = CASE WHEN $4 THEN $5::date ELSE due_on END
                    WHERE id = $1 RETURNING ${COLUMNS}`;
    const { title: renamed, done: checked, due_on: due } = request.body;
    const values = [request.params.id, renamed, checked, due !== undefined, due];
    const [task] = (await app.database.query(update, values)).rows;
    if (!task) return reply.code(404).send({ detail: "no such task" });
    await tell("changed", task);
    return task;
  });

  app.delete("/tasks/:id", { schema: { params } }, async (request, reply) => {
    const remove = "DELETE FROM tasks WHERE id = $1 RETURNING id";
    const [task] = (await app.database.query(remove, [request.params.id])).rows;
    if (!task) return reply.code(404).send({ detail: "no such task" });
    await tell("removed", task);
    return reply.code(204).send();
  });
}
