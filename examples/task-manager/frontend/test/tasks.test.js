import { expect, test } from "vitest";
import { applied, sorted } from "../src/tasks.js";

const write = { id: 1, title: "Write", done: false };
const read = { id: 2, title: "Read", done: false };

test("what is added comes once, whoever tells of it first", () => {
  const added = { change: "added", task: read };
  expect(applied(applied([write], added), added)).toEqual([read, write]);
});

test("a change keeps what its teller does not know", () => {
  const known = { ...write, from: "a later release" };
  const change = { change: "changed", task: { ...write, done: true } };
  expect(applied([known, read], change)).toEqual([{ ...known, done: true }, read]);
});

test("what is removed is gone, also when it never was there", () => {
  const removed = { change: "removed", task: { id: 1 } };
  expect(applied(applied([write, read], removed), removed)).toEqual([read]);
});

test("what is done comes last", () => {
  const done = { id: 3, title: "Rest", done: true };
  expect(sorted([done, write, read]).map(({ id }) => id)).toEqual([2, 1, 3]);
});
