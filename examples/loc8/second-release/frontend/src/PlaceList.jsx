import { photoAddress } from "./api.js";

export default function PlaceList({ places, onMark }) {
  if (places.length === 0) return <p className="hint">No places here yet. Mark one on the map.</p>;
  return (
    <ul>
      {places.map((place) => (
        <li key={place.id} className="card">
          {place.photo && <img src={photoAddress(place.photo)} alt="" loading="lazy" />}
          <div>
            <strong>{place.name}</strong>
            {place.category && <span className="hint"> {place.category}</span>}
            <p>{place.note}</p>
            <button type="button" className="quiet" onClick={() => onMark(place)}>
              {place.latitude}, {place.longitude}
            </button>
            {place.kilometres !== undefined && <span className="hint"> {place.kilometres} km</span>}
          </div>
        </li>
      ))}
    </ul>
  );
}
