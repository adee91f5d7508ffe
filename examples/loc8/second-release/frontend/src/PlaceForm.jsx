import { useState } from "react";

const CATEGORIES = ["Food", "Sleep", "Sight", "Work"];

/** Adds a place where the mark is; the mark can be typed, too. */
export default function PlaceForm({ marked, onMark, onAdd }) {
  const [busy, setBusy] = useState(false);

  async function submit(event) {
    event.preventDefault();
    const form = event.currentTarget;
    const { name, note, category, photo } = form.elements;
    setBusy(true);
    const written = { name: name.value, note: note.value, category: category.value || null };
    const added = await onAdd({ ...written, ...marked }, photo.files[0]);
    setBusy(false);
    if (added) form.reset();
  }

  const degrees = (name, label, most) => (
    <label>{label}
      <input name={name} type="number" min={-most} max={most} step="any" required
        value={marked[name]} onChange={(event) => onMark({ ...marked, [name]: event.target.valueAsNumber || 0 })} />
    </label>
  );

  return (
    <form className="card" onSubmit={submit}>
      <h2>Add a place</h2>
      <label>Name <input name="name" maxLength="120" required /></label>
      <div className="row">
        {degrees("latitude", "Latitude", 90)}
        {degrees("longitude", "Longitude", 180)}
      </div>
      <label>Category
        <select name="category">
          <option value="">None</option>
          {CATEGORIES.map((category) => <option key={category}>{category}</option>)}
        </select>
      </label>
      <label>Note <textarea name="note" rows="2" maxLength="2000" /></label>
      <label>Photo <input name="photo" type="file" accept="image/jpeg,image/png,image/webp" /></label>
      <button disabled={busy}>Add</button>
    </form>
  );
}
