// The task list in Redis. Each change makes a new generation, and so a new key: a reader that was
// slower than a writer fills a key that nobody asks for any more. Without Redis everything still
// works, only slower.

import { within } from "./deadline.js";

const KEPT_SECONDS = 30; // also how long a list may be stale whose change did not reach Redis
const ANSWER_SECONDS = 1;

export class TaskCache {
  // `shape` names the columns of a task in this release: another release, which runs beside it for
  // a while, has keys of its own, but counts the same generations.
  constructor(redis, prefix, shape, log) {
    this.redis = redis;
    this.generation = `${prefix}generation`;
    this.key = (generation) => `${prefix}list:${shape}:${generation}`;
    this.log = log;
  }

  // Returns [list, whether it was in the cache].
  async list(read) {
    const key = await this.#attempt(async () => this.key((await this.redis.get(this.generation)) ?? "0"));
    const cached = key && (await this.#attempt(() => this.redis.get(key)));
    if (cached) return [JSON.parse(cached), true];
    const tasks = await read();
    if (key) await this.#attempt(() => this.redis.set(key, JSON.stringify(tasks), { EX: KEPT_SECONDS }));
    return [tasks, false];
  }

  // Forgets the list and tells every replica, in one step.
  async changed(channel, message) {
    await this.#attempt(() => this.redis.multi().incr(this.generation).publish(channel, message).exec());
  }

  async #attempt(work) {
    try {
      return await within(ANSWER_SECONDS, work());
    } catch (error) {
      this.log.warn(`the cache does not answer: ${error.message}`);
      return undefined;
    }
  }
}
