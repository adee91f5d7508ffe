import { useCallback, useEffect, useState } from "react";
import { LoggedOut, api, token } from "./api.js";
import icon from "./icon.svg";
import { listen } from "./live.js";
import { applied, sorted } from "./tasks.js";

const pageVersion = document.querySelector("meta[name=frontend-version]").content;
const fields = (form) => Object.fromEntries(new FormData(form));

export function App() {
  const [inside, setInside] = useState(Boolean(token.get()));
  const [message, setMessage] = useState("");
  const [live, setLive] = useState(null); // the version that pushes changes, while one does

  const attempt = useCallback(async (work) => {
    try {
      await work();
      setMessage("");
    } catch (error) {
      if (error instanceof LoggedOut) setInside(false);
      setMessage(error.message);
    }
  }, []);
  const logOut = () => {
    token.forget();
    setInside(false);
  };

  return (
    <>
      <header>
        <img src={icon} alt="" width="36" height="36" />
        <h1>Task Manager</h1>
        {inside && <button className="quiet" onClick={logOut}>Log out</button>}
      </header>
      <main>
        {message && <p className="message" role="status">{message}</p>}
        {inside ? (
          <Tasks attempt={attempt} setLive={setLive} />
        ) : (
          <Welcome attempt={attempt} enter={() => setInside(true)} />
        )}
      </main>
      <footer>
        Page <code>{pageVersion}</code>,{" "}
        {inside && live ? <>kept up to date by <code>{live}</code></> : "not connected"}
      </footer>
    </>
  );
}

function Welcome({ attempt, enter }) {
  const submit = (event) => {
    event.preventDefault();
    const body = fields(event.target);
    const signUp = event.nativeEvent.submitter?.value === "signup";
    attempt(async () => {
      if (signUp) await api("/auth/signup", { method: "POST", body });
      token.set((await api("/auth/login", { method: "POST", body })).access_token);
      enter();
    });
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>One list for everybody</h2>
      <label>E-mail <input name="email" type="email" autoComplete="email" required /></label>
      <label>
        Password
        <input name="password" type="password" minLength="8" autoComplete="current-password" required />
      </label>
      <div className="row">
        <button>Log in</button>
        <button value="signup" className="quiet">Sign up</button>
      </div>
    </form>
  );
}

function Tasks({ attempt, setLive }) {
  const [tasks, setTasks] = useState(null);

  useEffect(() => {
    const loads = new Set(); // each holds what was heard since it was asked for
    const load = () =>
      attempt(async () => {
        const meanwhile = [];
        loads.add(meanwhile);
        try {
          const found = await api("/tasks");
          setTasks(meanwhile.reduce(applied, found));
        } finally {
          loads.delete(meanwhile);
        }
      });
    load();
    return listen({
      token: token.get(),
      changed: setLive,
      refused: load,
      hear: (message) => {
        if (message.type !== "task") return load(); // a new connection, or a gap: who knows what was missed
        for (const meanwhile of loads) meanwhile.push(message);
        setTasks((known) => known && applied(known, message));
      },
    });
  }, [attempt, setLive]);

  const add = (event) => {
    event.preventDefault();
    const form = event.target;
    attempt(async () => {
      const { title, due_on: due } = fields(form);
      const task = await api("/tasks", { method: "POST", body: { title, due_on: due || null } });
      setTasks((known) => applied(known ?? [], { change: "added", task }));
      form.reset();
    });
  };
  const change = (id, body) =>
    attempt(async () => {
      const task = await api(`/tasks/${id}`, { method: "PATCH", body });
      setTasks((known) => applied(known, { change: "changed", task }));
    });
  const remove = (task) =>
    attempt(async () => {
      await api(`/tasks/${task.id}`, { method: "DELETE" });
      setTasks((known) => applied(known, { change: "removed", task }));
    });

  return (
    <>
      <form className="card row" onSubmit={add}>
        <label>What is to be done <input name="title" maxLength="200" required /></label>
        <label>By when <input name="due_on" type="date" /></label>
        <button>Add</button>
      </form>
      {tasks?.length === 0 && <p className="hint">Nothing to do.</p>}
      <ul>
        {sorted(tasks ?? []).map((task) => (
          <li key={task.id} className="card">
            <label className="check">
              <input
                type="checkbox"
                checked={task.done}
                onChange={({ target }) => change(task.id, { done: target.checked })}
              />
              <span className={task.done ? "done" : undefined}>{task.title}</span>
            </label>
            {task.due_on && <time dateTime={task.due_on} className="hint">{task.due_on}</time>}
            <button className="quiet" onClick={() => remove(task)}>Remove</button>
          </li>
        ))}
      </ul>
    </>
  );
}
