import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { App } from "./App.jsx";

const ANNA = { id: 1, name: "Anna", email: "anna@example.com", photo: null };
const ROWING = {
  id: 7,
  title: "Rowing",
  trainer: "Tom",
  starts_at: "2030-05-01T10:00:00Z",
  minutes: 60,
  places: 2,
  free: 1,
  booked: false,
};

// The server: what it answers to "METHOD path", and what it was asked.
let answers;
let asked;

beforeEach(() => {
  answers = { "GET /api/me": [401, { detail: "log in first" }], "GET /api/courses": [200, [ROWING]] };
  asked = [];
  vi.stubGlobal("fetch", async (path, { method, body, headers }) => {
    asked.push({ request: `${method} ${path}`, body, headers });
    const [status, answer] = answers[`${method} ${path}`] ?? [404, {}];
    return new Response(status === 204 ? null : JSON.stringify(answer), {
      status,
      headers: { "X-App-Version": "v9" },
    });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const requests = () => asked.map(({ request }) => request);

async function open() {
  answers["GET /api/me"] = [200, ANNA];
  render(<App />);
  await screen.findByText("Rowing");
}

test("who is not logged in sees the login, and logs in", async () => {
  answers["POST /api/login"] = [200, ANNA];
  render(<App />);
  fireEvent.change(await screen.findByLabelText("E-mail"), { target: { value: ANNA.email } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: "correct horse" } });
  fireEvent.click(screen.getByText("Log in"));
  await screen.findByText("Rowing");
  const login = asked.find(({ request }) => request === "POST /api/login");
  expect(JSON.parse(login.body)).toEqual({ email: ANNA.email, password: "correct horse" });
});

test("a wrong password is told", async () => {
  answers["POST /api/login"] = [401, { detail: "the address or the password is wrong" }];
  render(<App />);
  fireEvent.submit((await screen.findByText("Log in")).form);
  expect((await screen.findByRole("alert")).textContent).toBe("the address or the password is wrong");
});

test("a place is booked, and the list is read again", async () => {
  await open();
  answers["PUT /api/courses/7/booking"] = [204];
  answers["GET /api/courses"] = [200, [{ ...ROWING, free: 0, booked: true }]];
  fireEvent.click(screen.getByText("Book"));
  await screen.findByText("Cancel");
  expect(requests().slice(-2)).toEqual(["PUT /api/courses/7/booking", "GET /api/courses"]);
});

test("a full course cannot be booked", async () => {
  answers["GET /api/courses"] = [200, [{ ...ROWING, free: 0 }]];
  await open();
  expect(screen.getByText("Full").disabled).toBe(true);
});

test("a photo is sent as it is, and shown", async () => {
  await open();
  answers["PUT /api/me/photo"] = [200, { ...ANNA, photo: "/api/members/1/photo" }];
  const file = new File(["picture"], "me.png", { type: "image/png" });
  fireEvent.change(screen.getByLabelText("Your photo"), { target: { files: [file] } });
  expect((await screen.findByAltText("Anna")).getAttribute("src")).toContain("/api/members/1/photo");
  const sent = asked.find(({ request }) => request === "PUT /api/me/photo");
  expect(sent.body).toBe(file);
  expect(sent.headers).toEqual({});
});

test("a photo that nginx refuses is explained", async () => {
  await open();
  answers["PUT /api/me/photo"] = [413, {}];
  fireEvent.change(screen.getByLabelText("Your photo"), { target: { files: [new File(["x"], "x")] } });
  expect((await screen.findByRole("alert")).textContent).toBe("The photo is larger than 4 MB.");
});

test("a session that has ended leads back to the login", async () => {
  await open();
  answers["PUT /api/courses/7/booking"] = [401, { detail: "log in first" }];
  fireEvent.click(screen.getByText("Book"));
  await screen.findByText("See you at training");
});

test("the page says which release of the API answered", async () => {
  await open();
  await waitFor(() => expect(screen.getByText("v9")).toBeTruthy());
});
