const element = (id) => document.getElementById(id);
const token = {
  get: () => sessionStorage.getItem("token"),
  set: (value) => sessionStorage.setItem("token", value),
  forget: () => sessionStorage.removeItem("token"),
};

function say(text) {
  element("message").textContent = text;
  element("message").hidden = !text;
}

async function api(path, { method = "GET", body } = {}) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  const response = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  element("api-version").textContent = response.headers.get("X-App-Version") ?? "unknown";
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 401 && token.get()) {
    token.forget();
    show();
  }
  if (response.status === 429) throw new Error("Too many requests: wait a moment and try again.");
  const detail = typeof answer.detail === "string" ? answer.detail : answer.detail?.[0]?.msg;
  throw new Error(detail ?? `The server answered ${response.status}.`);
}

function item({ title, minutes, done_on: doneOn, notes }) {
  const copy = element("workout-item").content.cloneNode(true);
  copy.querySelector("strong").textContent = title;
  copy.querySelector("span").textContent = `${minutes} min, ${doneOn}`;
  copy.querySelector("p").textContent = notes;
  return copy;
}

async function list() {
  const workouts = await api("/workouts");
  element("workouts").replaceChildren(...workouts.map(item));
  element("empty").hidden = workouts.length > 0;
}

function show() {
  const inside = Boolean(token.get());
  element("welcome").hidden = inside;
  element("training").hidden = !inside;
  element("logout").hidden = !inside;
  return inside ? list() : api("/version");
}

async function attempt(work, button) {
  say("");
  if (button) button.disabled = true;
  try {
    await work();
  } catch (error) {
    say(error.message);
  } finally {
    if (button) button.disabled = false;
  }
}

element("credentials").addEventListener("submit", (event) => {
  event.preventDefault();
  const body = Object.fromEntries(new FormData(event.target));
  attempt(async () => {
    if (event.submitter?.value === "signup") await api("/auth/signup", { method: "POST", body });
    token.set((await api("/auth/login", { method: "POST", body })).access_token);
    event.target.reset();
    await show();
  }, event.submitter);
});

element("workout").addEventListener("submit", (event) => {
  event.preventDefault();
  const body = Object.fromEntries(new FormData(event.target));
  body.minutes = Number(body.minutes);
  attempt(async () => {
    await api("/workouts", { method: "POST", body });
    event.target.elements.title.value = event.target.elements.notes.value = "";
    await list();
  }, event.submitter);
});

element("logout").addEventListener("click", () => {
  token.forget();
  attempt(show);
});

element("frontend-version").textContent = document.querySelector("meta[name=frontend-version]").content;
document.querySelector("input[name=done_on]").valueAsDate = new Date();
attempt(show);
