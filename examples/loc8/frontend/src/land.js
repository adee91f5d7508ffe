// The land of Natural Earth (public domain) as one path of an SVG: x is the longitude, y the
// latitude, which an SVG counts downwards.
import { feature } from "topojson-client";
import world from "world-atlas/land-110m.json";

const TURN = 360;

// A ring that crosses the date line goes on beyond it, instead of back across the whole map.
function unrolled(ring) {
  let turns = 0;
  return ring.map(([x, y], index) => {
    const step = x - (ring[index - 1]?.[0] ?? x);
    if (Math.abs(step) > TURN / 2) turns -= Math.sign(step);
    return [x + turns * TURN, y];
  });
}

// What lies beyond one edge of the map is drawn at the other one, too.
function copies(ring) {
  const east = ring.some(([x]) => x > TURN / 2) ? [-TURN] : [];
  const west = ring.some(([x]) => x < -TURN / 2) ? [TURN] : [];
  return [0, ...east, ...west].map((shift) => ring.map(([x, y]) => [x + shift, y]));
}

const path = (ring) => `M${ring.map(([x, y]) => `${x.toFixed(2)} ${(-y).toFixed(2)}`).join("L")}Z`;

export const LAND = feature(world, world.objects.land)
  .features.flatMap(({ geometry }) => geometry.coordinates.flat())
  .flatMap((ring) => copies(unrolled(ring)))
  .map(path)
  .join("");
