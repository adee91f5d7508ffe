import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { AddCourse, Courses } from "./Courses.jsx";

const ROWING = { id: 7, title: "Rowing", trainer: "Tom", starts_at: "2030-05-01T10:00:00Z", minutes: 60, places: 2, free: 1 };

test("a course says where it is, and one of the release before does not", () => {
  render(<Courses courses={[{ ...ROWING, place: "Boathouse" }, { ...ROWING, id: 8 }]} />);
  const [now, before] = screen.getAllByText(/places free/);
  expect(now.textContent).toContain("60 min, Boathouse, 1 of 2");
  expect(before.textContent).toContain("60 min, 1 of 2");
});

test("the place is sent", async () => {
  const fetch = vi.fn(async () => new Response("{}", { status: 201 }));
  vi.stubGlobal("fetch", fetch);
  render(<AddCourse attempt={(work) => work()} list={() => {}} />);
  fireEvent.change(screen.getByLabelText("When"), { target: { value: "2030-05-01T10:00" } });
  fireEvent.change(screen.getByLabelText("Where"), { target: { value: "Boathouse" } });
  fireEvent.submit(screen.getByText("Offer").form);
  expect(JSON.parse(fetch.mock.calls[0][1].body).place).toBe("Boathouse");
  vi.unstubAllGlobals();
});
