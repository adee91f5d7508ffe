const PREFIX = "/api/v1";

async function ask(path, options) {
  const response = await fetch(`${PREFIX}${path}`, options);
  if (response.status === 429) throw new Error("Too many requests: wait a moment and try again.");
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const detail = typeof answer.detail === "string" ? answer.detail : answer.detail?.[0]?.msg;
    throw new Error(detail ?? `The server answered ${response.status}.`);
  }
  return { answer, version: response.headers.get("X-App-Version") ?? "unknown" };
}

export const listPlaces = () => ask("/places?limit=200");

export const listNear = ({ latitude, longitude }, kilometres) =>
  ask(`/places/nearby?${new URLSearchParams({ latitude, longitude, kilometres })}`);

export const addPlace = (place) =>
  ask("/places", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(place),
  });

export const addPhoto = (id, photo) => ask(`/places/${id}/photo`, { method: "PUT", body: photo });

export const photoAddress = (name) => `${PREFIX}/photos/${name}`;
