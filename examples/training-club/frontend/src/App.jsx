import { useCallback, useEffect, useState } from "react";
import { api, onVersion } from "./api.js";
import { AddCourse, Courses } from "./Courses.jsx";
import icon from "./icon.svg";
import { Photo } from "./Photo.jsx";
import { Welcome } from "./Welcome.jsx";

export function App() {
  const [member, setMember] = useState();
  const [courses, setCourses] = useState([]);
  const [message, setMessage] = useState("");
  const [version, setVersion] = useState("…");

  // Do something, and say what went wrong. A session that has ended leads back to the login.
  const attempt = useCallback(async (work) => {
    setMessage("");
    try {
      await work();
    } catch (error) {
      if (error.status === 401) setMember(undefined);
      setMessage(error.message);
    }
  }, []);

  const list = useCallback(async () => setCourses(await api("/courses")), []);

  useEffect(() => {
    onVersion(setVersion);
    api("/me").then(setMember).catch(() => setMember(undefined));
  }, []);

  useEffect(() => {
    if (member?.id) attempt(list);
  }, [member?.id, attempt, list]);

  const logOut = () =>
    attempt(async () => {
      await api("/logout", { method: "POST" });
      setMember(undefined);
    });

  return (
    <>
      <header>
        <img src={icon} alt="" width="36" height="36" />
        <h1>Training Club</h1>
        {member && <button className="quiet" onClick={logOut}>Log out</button>}
      </header>
      <main>
        {message && <p role="alert">{message}</p>}
        {member ? (
          <>
            <Photo member={member} attempt={attempt} onChange={setMember} />
            <Courses courses={courses} attempt={attempt} list={list} />
            <AddCourse attempt={attempt} list={list} />
          </>
        ) : (
          <Welcome attempt={attempt} onLogin={setMember} />
        )}
      </main>
      <footer>
        Page <code>{document.querySelector("meta[name=frontend-version]")?.content}</code>, answered by
        API <code>{version}</code>
      </footer>
    </>
  );
}
