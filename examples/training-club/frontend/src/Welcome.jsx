import { api } from "./api.js";

export function Welcome({ attempt, onLogin }) {
  const submit = (event) => {
    event.preventDefault();
    const { name, ...credentials } = Object.fromEntries(new FormData(event.currentTarget));
    const signUp = event.nativeEvent.submitter?.value === "sign up";
    attempt(async () => {
      if (signUp) await api("/members", { method: "POST", body: { name, ...credentials } });
      onLogin(await api("/login", { method: "POST", body: credentials }));
    });
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>See you at training</h2>
      <label>E-mail <input name="email" type="email" autoComplete="email" required /></label>
      <label>
        Password
        <input name="password" type="password" minLength="8" autoComplete="current-password" required />
      </label>
      <label>Name, to sign up <input name="name" maxLength="80" autoComplete="name" /></label>
      <div className="row">
        <button value="log in">Log in</button>
        <button value="sign up" className="quiet">Sign up</button>
      </div>
    </form>
  );
}
