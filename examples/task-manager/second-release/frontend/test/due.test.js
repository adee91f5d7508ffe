import { expect, test } from "vitest";
import { applied, sorted } from "../src/tasks.js";

test("what is due first comes first, and some day last", () => {
  const tasks = [
    { id: 1, done: false, due_on: "2030-05-02" },
    { id: 2, done: false, due_on: "2030-05-01" },
    { id: 3, done: false, due_on: null },
    { id: 4, done: false },
    { id: 5, done: true, due_on: "2030-04-01" },
  ];
  expect(sorted(tasks).map(({ id }) => id)).toEqual([2, 1, 4, 3, 5]);
});

test("a replica of the release before takes no due date away", () => {
  const task = { id: 1, title: "Write", done: false, due_on: "2030-05-01" };
  const told = { change: "changed", task: { id: 1, title: "Write", done: true } };
  expect(applied([task], told)).toEqual([{ ...task, done: true }]);
});
