import { api } from "./api.js";

const when = (moment) => new Date(moment).toLocaleString(undefined, { dateStyle: "full", timeStyle: "short" });

function Course({ course, attempt, list }) {
  const change = () =>
    attempt(async () => {
      await api(`/courses/${course.id}/booking`, { method: course.booked ? "DELETE" : "PUT" });
      await list();
    });
  return (
    <li className="card">
      <div>
        <strong>{course.title}</strong> with {course.trainer}
        <p className="hint">
          {when(course.starts_at)}, {course.minutes} min{course.place && `, ${course.place}`}, {course.free} of{" "}
          {course.places} places free
        </p>
      </div>
      <button className={course.booked ? "quiet" : ""} disabled={!course.booked && !course.free} onClick={change}>
        {course.booked ? "Cancel" : course.free ? "Book" : "Full"}
      </button>
    </li>
  );
}

export function Courses({ courses, attempt, list }) {
  if (!courses.length) return <p className="hint">No courses yet. Offer the first one.</p>;
  return (
    <ul>
      {courses.map((course) => (
        <Course key={course.id} course={course} attempt={attempt} list={list} />
      ))}
    </ul>
  );
}

export function AddCourse({ attempt, list }) {
  const submit = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const { minutes, places, starts_at: startsAt, ...texts } = Object.fromEntries(new FormData(form));
    const body = {
      ...texts,
      starts_at: new Date(startsAt).toISOString(),
      minutes: Number(minutes),
      places: Number(places),
    };
    attempt(async () => {
      await api("/courses", { method: "POST", body });
      form.reset();
      await list();
    });
  };
  return (
    <form className="card" onSubmit={submit}>
      <h2>Offer a course</h2>
      <div className="row">
        <label>What <input name="title" maxLength="120" placeholder="Rowing" required /></label>
        <label>Trainer <input name="trainer" maxLength="80" required /></label>
      </div>
      <div className="row">
        <label>When <input name="starts_at" type="datetime-local" required /></label>
        <label>Where <input name="place" maxLength="120" placeholder="Boathouse" /></label>
      </div>
      <div className="row">
        <label>Minutes <input name="minutes" type="number" min="5" max="600" defaultValue="60" required /></label>
        <label>Places <input name="places" type="number" min="1" max="500" defaultValue="10" required /></label>
      </div>
      <button>Offer</button>
    </form>
  );
}
