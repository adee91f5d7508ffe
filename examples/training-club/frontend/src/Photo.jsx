import { useState } from "react";
import { api } from "./api.js";

export function Photo({ member, attempt, onChange }) {
  const [taken, setTaken] = useState(0);

  const choose = (event) => {
    const [file] = event.target.files;
    if (!file) return;
    attempt(async () => {
      onChange(await api("/me/photo", { method: "PUT", body: file }));
      setTaken(taken + 1); // the address stays the same: the browser must look again
    });
  };
  return (
    <section className="card row">
      {member.photo && <img className="photo" src={`${member.photo}?${taken}`} alt={member.name} />}
      <div>
        <h2>{member.name}</h2>
        <label>
          {member.photo ? "Another photo" : "Your photo"}
          <input type="file" accept="image/jpeg,image/png,image/webp" onChange={choose} />
        </label>
      </div>
    </section>
  );
}
