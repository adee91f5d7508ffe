// The API by its paths. Which release answered last is told to whoever listens.
let listener = () => {};

export function onVersion(listen) {
  listener = listen;
}

const MEANINGS = {
  413: "The photo is larger than 4 MB.",
  429: "Too many requests: wait a moment and try again.",
};

export async function api(path, { method = "GET", body } = {}) {
  const file = body instanceof Blob;
  const response = await fetch(`/api${path}`, {
    method,
    headers: body && !file ? { "Content-Type": "application/json" } : {},
    body: file || !body ? body : JSON.stringify(body),
  });
  listener(response.headers.get("X-App-Version") ?? "unknown");
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const meaning = MEANINGS[response.status] ?? answer.detail ?? `The server answered ${response.status}.`;
  throw Object.assign(new Error(meaning), { status: response.status });
}
