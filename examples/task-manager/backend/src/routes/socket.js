// The WebSocket on which the server tells of changes. A client says nothing on it.

const LOG_IN_AGAIN = 4401;
const LONGEST_TIMER = 2 ** 31 - 1;

export function socketRoutes(app, { settings }) {
  app.get("/ws", { websocket: true, preValidation: app.authenticated }, (socket, request) => {
    if (app.stopping) return socket.close(1012, "service restart");
    const expiry = setTimeout(
      () => socket.close(LOG_IN_AGAIN, "the token has expired"),
      Math.min(request.user.expires * 1_000 - Date.now(), LONGEST_TIMER),
    );
    socket.on("close", () => clearTimeout(expiry));
    socket.on("pong", () => (socket.silent = false));
    socket.send(JSON.stringify({ type: "welcome", version: settings.version }));
  });
}
