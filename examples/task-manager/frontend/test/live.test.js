import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listen, pause } from "../src/live.js";

let sockets;

class Socket {
  constructor(address, protocols) {
    Object.assign(this, { address: String(address), protocols, close: vi.fn() });
    sockets.push(this);
  }

  says(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

beforeEach(() => {
  sockets = [];
  vi.useFakeTimers();
  vi.stubGlobal("location", { href: "https://tasks.example.com/some/page" });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function listening() {
  const told = { hear: vi.fn(), refused: vi.fn(), changed: vi.fn() };
  const stop = listen({ token: "a.b.c", Socket, ...told });
  return { ...told, stop };
}

test("it connects over TLS where the page came so, with its token", () => {
  listening();
  expect(sockets[0].address).toBe("wss://tasks.example.com/api/v1/ws");
  expect(sockets[0].protocols).toEqual(["tasks", "bearer.a.b.c"]);
});

test("closed by a deploy, it connects again and tells the new version", () => {
  const { changed, hear, refused } = listening();
  sockets[0].says({ type: "welcome", version: "v1" });
  sockets[0].onclose({ code: 1012 });
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(500);
  expect(sockets).toHaveLength(2);
  sockets[1].says({ type: "welcome", version: "v2" });
  expect(changed.mock.calls).toEqual([["v1"], [null], ["v2"]]);
  expect(hear).toHaveBeenCalledTimes(2);
  expect(refused).not.toHaveBeenCalled();
});

test.each([
  ["a handshake that failed", false, 1006],
  ["an expired token", true, 4401],
])("%s is asked about by a request", (name, welcome, code) => {
  const { refused } = listening();
  if (welcome) sockets[0].says({ type: "welcome", version: "v1" });
  sockets[0].onclose({ code });
  expect(refused).toHaveBeenCalledOnce();
});

test("stopped, it does not come back", () => {
  const { stop } = listening();
  const [socket] = sockets;
  stop();
  expect(socket.close).toHaveBeenCalledOnce();
  expect(socket.onclose).toBeNull();
  vi.advanceTimersByTime(60_000);
  expect(sockets).toHaveLength(1);
});

test("pauses grow, differ, and have an end", () => {
  expect(pause(0, () => 0)).toBe(250);
  expect(pause(0, () => 1)).toBe(500);
  expect(pause(3, () => 1)).toBe(4_000);
  expect(pause(99, () => 1)).toBe(10_000);
});
