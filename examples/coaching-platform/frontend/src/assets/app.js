const element = (id) => document.getElementById(id);
let client = null; // whose notes and documents are shown

function say(text) {
  element("message").textContent = text;
  element("message").hidden = !text;
}

async function api(path, { method = "GET", json, form } = {}) {
  const headers = json ? { "Content-Type": "application/json" } : {};
  const body = json ? JSON.stringify(json) : form;
  const response = await fetch(`/api/v1${path}`, { method, headers, body });
  element("api-version").textContent = response.headers.get("X-App-Version") ?? "unknown";
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status === 429) throw new Error("Too many requests: wait a moment and try again.");
  const detail = typeof answer.detail === "string" ? answer.detail : answer.detail?.[0]?.msg;
  const error = new Error(detail ?? `The server answered ${response.status}.`);
  error.status = response.status;
  throw error;
}

function item(text, small = "") {
  const line = document.createElement("li");
  const words = document.createElement("p");
  const aside = document.createElement("span");
  words.className = "words";
  words.append(text);
  aside.textContent = small;
  line.append(words, aside);
  return line;
}

const day = (time) => new Date(`${time}Z`).toLocaleDateString();

function button(text, click) {
  const made = document.createElement("button");
  made.className = "quiet";
  made.textContent = text;
  made.addEventListener("click", () => attempt(click, made));
  return made;
}

function download({ id, name }) {
  const link = document.createElement("a");
  link.href = `/api/v1/documents/${id}`;
  link.textContent = name;
  return link;
}

async function showClient(chosen) {
  client = chosen;
  const [notes, documents] = await Promise.all(
    ["notes", "documents"].map((what) => api(`/clients/${client.id}/${what}`)),
  );
  element("client-name").textContent = client.name;
  element("notes").replaceChildren(...notes.map((note) => item(note.text, day(note.created_at))));
  element("documents").replaceChildren(
    ...documents.map((one) => item(download(one), `${Math.ceil(one.size / 1000)} kB`)),
  );
  element("client").hidden = false;
}

async function showClients() {
  const clients = await api("/clients");
  element("clients").replaceChildren(
    ...clients.map((one) => item(button(one.name, () => showClient(one)))),
  );
}

async function show() {
  const inside = await api("/auth/me").then(() => true, (error) => {
    if (error.status !== 401) throw error;
    return false;
  });
  element("welcome").hidden = inside;
  element("practice").hidden = !inside;
  element("logout").hidden = !inside;
  element("client").hidden = true;
  if (inside) await showClients();
}

async function attempt(work, pressed) {
  say("");
  if (pressed) pressed.disabled = true;
  try {
    await work();
  } catch (error) {
    if (error.status === 401 && element("welcome").hidden) attempt(show);
    say(error.message);
  } finally {
    if (pressed) pressed.disabled = false;
  }
}

function onSubmit(id, work) {
  element(id).addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    attempt(async () => {
      await work(Object.fromEntries(form), event.submitter?.value, form);
      if (id !== "question") event.target.reset();
    }, event.submitter);
  });
}

onSubmit("credentials", async (json, action) => {
  if (action === "signup") await api("/auth/signup", { method: "POST", json });
  await api("/auth/login", { method: "POST", json });
  await show();
});

onSubmit("new-client", async (json) => {
  await api("/clients", { method: "POST", json });
  await showClients();
});

onSubmit("new-note", async (json) => {
  await api(`/clients/${client.id}/notes`, { method: "POST", json });
  await showClient(client);
});

onSubmit("new-document", async (_, __, form) => {
  await api(`/clients/${client.id}/documents`, { method: "POST", form });
  await showClient(client);
});

onSubmit("question", async ({ text }, action) => {
  const asked = action === "ask";
  const answer = asked
    ? await api("/ask", { method: "POST", json: { question: text } })
    : { sources: await api(`/search?q=${encodeURIComponent(text)}`) };
  element("answer").textContent = answer.answer ?? "No note is near to that.";
  element("answer").hidden = !asked && answer.sources.length > 0;
  element("found").replaceChildren(
    ...answer.sources.map(({ note, client: name, score }) =>
      item(note.text, `${name}, ${day(note.created_at)}, ${Math.round(score * 100)} %`),
    ),
  );
});

element("logout").addEventListener("click", () =>
  attempt(async () => {
    await api("/auth/logout", { method: "POST" });
    await show();
  }),
);

element("frontend-version").textContent = document.querySelector("meta[name=frontend-version]").content;
attempt(show);
