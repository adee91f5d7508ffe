import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import PlaceForm from "../src/PlaceForm.jsx";
import PlaceList from "../src/PlaceList.jsx";

const HERE = { latitude: 1, longitude: 2 };

afterEach(cleanup);

test.each([["Food", "Food"], ["None", null]])("the category %s is sent as %s", async (chosen, sent) => {
  const onAdd = vi.fn(async () => true);
  render(<PlaceForm marked={HERE} onMark={() => {}} onAdd={onAdd} />);
  await userEvent.type(screen.getByLabelText("Name"), "Bench");
  await userEvent.selectOptions(screen.getByLabelText("Category"), chosen);
  await userEvent.click(screen.getByRole("button", { name: "Add" }));
  expect(onAdd).toHaveBeenCalledWith({ name: "Bench", note: "", category: sent, ...HERE }, undefined);
});

test("a place of the release before has no category, and is shown", () => {
  const places = [{ id: 1, name: "Old", note: "", ...HERE }, { id: 2, name: "New", note: "", category: "Food", ...HERE }];
  render(<PlaceList places={places} onMark={() => {}} />);
  expect(screen.getByText("Old")).toBeTruthy();
  expect(screen.getByText("Food")).toBeTruthy();
});
