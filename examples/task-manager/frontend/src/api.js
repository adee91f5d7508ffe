// The backend's API. The token lives as long as the tab.

const KEY = "token";
export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

export class LoggedOut extends Error {}

export async function api(path, { method = "GET", body } = {}) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  const response = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 401 && token.get()) {
    token.forget();
    throw new LoggedOut("Log in again, please.");
  }
  if (response.status === 429) throw new Error("Too many requests: wait a moment and try again.");
  throw new Error(answer.detail ?? `The server answered ${response.status}.`);
}
