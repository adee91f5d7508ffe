// What a message of the WebSocket makes of the list. Pure.

export function applied(tasks, { change, task }) {
  if (change === "removed") return tasks.filter(({ id }) => id !== task.id);
  const known = tasks.find(({ id }) => id === task.id);
  // Merged, since a replica of the release before may not know every field.
  if (known) return tasks.map((each) => (each === known ? { ...known, ...task } : each));
  return [task, ...tasks];
}

// What is not done comes first; then what is due first, and what is due some day; then the newest.
// A replica of the release before does not name due dates.
const due = ({ due_on: day }) => day ?? "9999-12-31";
export const sorted = (tasks) =>
  [...tasks].sort((a, b) => a.done - b.done || due(a).localeCompare(due(b)) || b.id - a.id);
