import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import App from "../src/App.jsx";
import { LAND } from "../src/land.js";

const CAFE = { id: 1, name: "Café", latitude: 52.5, longitude: 13.4, note: "cake", photo: "ab.png" };

let server;

beforeEach(() => {
  server = { places: [CAFE], asked: [], status: 200 };
  vi.stubGlobal("fetch", async (path, { method = "GET", body } = {}) => {
    server.asked.push(`${method} ${path}`);
    const status = (method === "PUT" && server.photoStatus) || server.status;
    if (status !== 200) return Response.json({ detail: "no" }, { status });
    if (method === "POST") server.places.push({ id: 2, photo: null, ...JSON.parse(body) });
    if (method === "PUT") server.photo = body.name;
    const found = path.includes("nearby") ? [{ ...CAFE, kilometres: 1.5 }] : server.places;
    const answer = method === "GET" ? found : server.places.at(-1);
    return Response.json(answer, { headers: { "X-App-Version": "v7" } });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test("places are listed with their photos, and who answered is named", async () => {
  const { container } = render(<App />);
  await screen.findByText("cake");
  expect(container.querySelector("li img").getAttribute("src")).toBe("/api/v1/photos/ab.png");
  expect(container.querySelector("footer").textContent).toContain("API v7");
});

test("a click on the map marks a point, and a zoom goes there", async () => {
  render(<App />);
  await screen.findByText("cake");
  const map = screen.getByRole("img", { name: "Map" });
  map.getBoundingClientRect = () => ({ left: 0, top: 0, width: 720, height: 360 });
  fireEvent.click(map, { clientX: 540, clientY: 90 });
  expect(screen.getByText("Marked: 45, 90")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Zoom in" }));
  expect(map.getAttribute("viewBox")).toBe("0 -90 180 90");
});

test("a place is added where the mark is, with its photo", async () => {
  render(<App />);
  await userEvent.click(await screen.findByRole("button", { name: "52.5, 13.4" }));
  await userEvent.type(screen.getByLabelText("Name"), "Bench");
  await userEvent.upload(screen.getByLabelText("Photo"), new File(["x"], "bench.png", { type: "image/png" }));
  await userEvent.click(screen.getByRole("button", { name: "Add" }));
  await screen.findByText("Bench", { selector: "strong" });
  expect(server.places[1]).toMatchObject({ name: "Bench", latitude: 52.5, longitude: 13.4 });
  expect(server.photo).toBe("bench.png");
  expect(screen.getByLabelText("Name").value).toBe("");
});

test("a place whose photo is refused is there, and it is said", async () => {
  render(<App />);
  await screen.findByText("cake");
  server.photoStatus = 413;
  await userEvent.type(screen.getByLabelText("Name"), "Bench");
  await userEvent.upload(screen.getByLabelText("Photo"), new File(["x"], "large.png", { type: "image/png" }));
  await userEvent.click(screen.getByRole("button", { name: "Add" }));
  await screen.findByText("Bench", { selector: "strong" });
  expect(screen.getByRole("status").textContent).toBe("It was added without its photo: no");
});

test("near asks around the mark and shows distances", async () => {
  render(<App />);
  await userEvent.click(await screen.findByRole("button", { name: "52.5, 13.4" }));
  await userEvent.click(screen.getByRole("button", { name: "Near" }));
  await screen.findByText("1.5 km");
  expect(server.asked).toContain("GET /api/v1/places/nearby?latitude=52.5&longitude=13.4&kilometres=100");
});

test("an error is said, and what was typed stays", async () => {
  render(<App />);
  await screen.findByText("cake");
  server.status = 429;
  await userEvent.type(screen.getByLabelText("Name"), "Bench");
  await userEvent.click(screen.getByRole("button", { name: "Add" }));
  await waitFor(() => expect(screen.getByRole("status").textContent).toContain("Too many requests"));
  expect(screen.getByLabelText("Name").value).toBe("Bench");
});

test("the map has land, and none of it goes across the map", () => {
  const rings = LAND.split("M").slice(1);
  expect(rings.length).toBeGreaterThan(100);
  for (const ring of rings) {
    const xs = ring.replace("Z", "").split("L").map((point) => Number(point.split(" ")[0]));
    xs.slice(1).forEach((x, index) => expect(Math.abs(x - xs[index])).toBeLessThan(180));
  }
});
