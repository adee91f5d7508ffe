// Changes of tasks, on their way from the replica that made them to every open WebSocket of every
// replica.

const PING_MILLISECONDS = 20_000;
const SERVICE_RESTART = 1012;
const RELOAD = JSON.stringify({ type: "reload" });

export class Changes {
  constructor(subscriber, channel, sockets) {
    this.sockets = sockets;
    this.pings = setInterval(() => this.#ping(), PING_MILLISECONDS).unref();
    // Waits for Redis if it must; after a break the client subscribes again by itself.
    subscriber.subscribe(channel, (message) => this.#toAll(message)).catch(() => {});
    // What was published during a break never arrives: everybody reads the list anew.
    subscriber.on("ready", () => this.#toAll(RELOAD));
  }

  // Closes all, and clients connect again: to another replica, of the new release if there is one.
  close() {
    clearInterval(this.pings);
    for (const socket of this.sockets) socket.close(SERVICE_RESTART, "service restart");
  }

  #toAll(message) {
    for (const socket of this.sockets) if (socket.readyState === socket.OPEN) socket.send(message);
  }

  // A client that has not answered the last ping is gone.
  #ping() {
    for (const socket of this.sockets) {
      if (socket.silent) socket.terminate();
      socket.silent = true;
      socket.ping();
    }
  }
}
