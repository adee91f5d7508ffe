import { useEffect, useReducer, useState } from "react";
import { addPhoto, addPlace, listNear, listPlaces } from "./api.js";
import Map from "./Map.jsx";
import PlaceForm from "./PlaceForm.jsx";
import PlaceList from "./PlaceList.jsx";

const PAGE_VERSION = import.meta.env.VITE_APP_VERSION ?? "dev";

const NOTHING_YET = { places: [], version: "…", message: "" };

export default function App() {
  const [view, change] = useReducer((before, news) => ({ ...before, ...news }), NOTHING_YET);
  const [marked, setMarked] = useState({ latitude: 0, longitude: 0 });
  const [kilometres, setKilometres] = useState(100);
  const { places, version, message } = view;

  useEffect(() => {
    load(listPlaces).then(change);
  }, []);

  async function show(work) {
    const news = await load(work);
    change(news);
    return Boolean(news.places);
  }

  const add = (place, photo) =>
    show(async () => {
      const { answer } = await addPlace(place);
      const message = photo && (await addPhoto(answer.id, photo).then(() => "", withoutPhoto));
      return { ...(await listPlaces()), message };
    });

  const mark = ({ latitude, longitude }) => setMarked({ latitude, longitude });

  return (
    <>
      <header><h1>Loc8</h1></header>
      <main>
        <p role="status" className="message" hidden={!message}>{message}</p>
        <Map places={places} marked={marked} onMark={mark} />
        <div className="row card">
          <label>Kilometres around the mark
            <input type="number" min="1" max="20000" value={kilometres}
              onChange={(event) => setKilometres(event.target.valueAsNumber || 1)} />
          </label>
          <button type="button" onClick={() => show(() => listNear(marked, kilometres))}>Near</button>
          <button type="button" className="quiet" onClick={() => show(listPlaces)}>All</button>
        </div>
        <PlaceForm marked={marked} onMark={mark} onAdd={add} />
        <PlaceList places={places} onMark={mark} />
      </main>
      <footer>
        Page <code>{PAGE_VERSION}</code>, answered by API <code>{version}</code>, <a href="/docs">described here</a>
      </footer>
    </>
  );
}

async function load(work) {
  try {
    const { answer, version, message = "" } = await work();
    return { places: answer, version, message };
  } catch (error) {
    return { message: error.message };
  }
}

const withoutPhoto = (error) => `It was added without its photo: ${error.message}`;
