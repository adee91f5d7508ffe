// What a message of the WebSocket makes of the list. Pure.

export function applied(tasks, { change, task }) {
  if (change === "removed") return tasks.filter(({ id }) => id !== task.id);
  const known = tasks.find(({ id }) => id === task.id);
  // Merged, since a replica of the release before may not know every field.
  if (known) return tasks.map((each) => (each === known ? { ...known, ...task } : each));
  return [task, ...tasks];
}

// What is not done comes first; then the newest.
export const sorted = (tasks) => [...tasks].sort((a, b) => a.done - b.done || b.id - a.id);
