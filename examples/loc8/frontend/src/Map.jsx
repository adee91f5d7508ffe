import { useState } from "react";
import { LAND } from "./land.js";

const WORLD = 360;
const MOST_ZOOM = 256;
const MERIDIANS = Array.from({ length: 13 }, (_, index) => index * 30 - 180);
const PARALLELS = [-60, -30, 0, 30, 60];

const within = (value, most) => Math.min(most, Math.max(-most, value));

/** A map of the world. A click marks a point; zooming goes to that point. */
export default function Map({ places, marked, onMark }) {
  const [zoom, setZoom] = useState(1);
  const width = WORLD / zoom;
  const left = within(marked.longitude, (WORLD - width) / 2) - width / 2;
  const top = -within(marked.latitude, (WORLD - width) / 4) - width / 4;
  const dot = width / 120;

  function mark(event) {
    const box = event.currentTarget.getBoundingClientRect();
    const longitude = left + ((event.clientX - box.left) / box.width) * width;
    const latitude = -top - ((event.clientY - box.top) / box.height) * (width / 2);
    onMark({ latitude: round(within(latitude, 90)), longitude: round(within(longitude, 180)) });
  }

  return (
    <figure className="map">
      <svg viewBox={`${left} ${top} ${width} ${width / 2}`} onClick={mark} role="img" aria-label="Map">
        <path className="land" d={LAND} />
        {MERIDIANS.map((x) => <line key={x} className="grid" x1={x} x2={x} y1={-90} y2={90} />)}
        {PARALLELS.map((y) => <line key={y} className="grid" x1={-180} x2={180} y1={-y} y2={-y} />)}
        {places.map(({ id, name, latitude, longitude }) => (
          <circle key={id} className="place" cx={longitude} cy={-latitude} r={dot}>
            <title>{name}</title>
          </circle>
        ))}
        <circle className="marked" cx={marked.longitude} cy={-marked.latitude} r={dot * 2} />
      </svg>
      <figcaption>
        <button type="button" aria-label="Zoom in" disabled={zoom >= MOST_ZOOM} onClick={() => setZoom(zoom * 2)}>+</button>
        <button type="button" aria-label="Zoom out" disabled={zoom <= 1} onClick={() => setZoom(zoom / 2)}>−</button>
        <span>Marked: {marked.latitude}, {marked.longitude}</span>
      </figcaption>
    </figure>
  );
}

function round(degrees) {
  return Math.round(degrees * 10000) / 10000;
}
