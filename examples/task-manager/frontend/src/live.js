// A WebSocket that comes back by itself: when a deploy closes it (1012), the next one is to a
// replica of the new release.

const LOG_IN_AGAIN = 4401;
const LONGEST_PAUSE = 10_000;

// Random, so that not all who lost one replica ask the next at the same moment.
export const pause = (failures, random = Math.random) =>
  Math.min(500 * 2 ** failures, LONGEST_PAUSE) * (0.5 + random() / 2);

// `hear` gets each message, `refused` is called when the server may not want this token any more.
// Returns what ends it.
export function listen({ token, hear, refused, changed, Socket = WebSocket }) {
  let socket;
  let timer;
  let failures = 0;

  function connect() {
    const address = new URL("/api/v1/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    socket = new Socket(address, ["tasks", `bearer.${token}`]);
    let welcome = false;
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "welcome") {
        welcome = true;
        failures = 0;
        changed(message.version);
      }
      hear(message);
    };
    socket.onclose = ({ code }) => {
      changed(null);
      // A handshake that was refused looks like one that failed: a request tells which.
      if (code === LOG_IN_AGAIN || !welcome) refused();
      timer = setTimeout(connect, pause(failures));
      failures += 1;
    };
  }

  connect();
  return () => {
    clearTimeout(timer);
    socket.onclose = null;
    socket.onmessage = null;
    socket.close();
  };
}
