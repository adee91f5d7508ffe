// Redis: one connection for commands, one that listens. Both come back by themselves.

import { createClient } from "@redis/client";

export function openRedis(settings, log) {
  const socket = {
    connectTimeout: 5_000,
    reconnectStrategy: (attempts) => Math.min(100 * 2 ** attempts, 2_000),
  };
  const heard = (client, name) => {
    const say = (error) => log.warn(`Redis (${name}) is away: ${error.code ?? error.message}`);
    client.on("error", say);
    // Resolves when Redis first answers. Until then the app serves without it, and is unhealthy.
    client.connect().catch(say);
    return client;
  };
  const options = { url: settings.redisUrl, socket, pingInterval: 10_000 };
  return {
    // A command fails at once while Redis is away, rather than wait for it.
    commands: heard(createClient({ ...options, disableOfflineQueue: true }), "commands"),
    subscriber: heard(createClient(options), "subscriber"),
  };
}

export function closeRedis({ commands, subscriber }) {
  for (const client of [commands, subscriber]) if (client.isOpen) client.destroy();
}
