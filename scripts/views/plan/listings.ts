import { figures } from "../../model/words.ts";
import type { Name, Room, Statement } from "./statement.ts";

/** The names for which sentences have numbers alone; those of two sentences in one list where they are the same. */
export function listings(statements: readonly Statement[]): Statement[] {
  const all = Map.groupBy(
    statements.flatMap(({ listing }) => listing ?? []),
    ({ names }) => JSON.stringify(names()),
  );
  return [...all.values()].flatMap((same) => {
    const titles = [...new Set(same.map(({ title }) => title))].join("; ");
    return same.slice(0, 1).map((one) => {
      const names = one.names();
      const say = (room: Room) => `${titles} (${figures(names.length)}): ${listed(names, room.names)}`;
      return { tone: "plain", what: "lists of names", size: 1, say };
    });
  });
}

/** `a, b (no end), c (until 2027-06-30)`: those of one note together. */
function listed(names: readonly Name[], most: number): string {
  const notes = [...Map.groupBy(names, ({ note }) => note).values()].flat().slice(0, most);
  const parts = notes.map(({ name, note }, index) =>
    note === "" || notes[index + 1]?.note === note ? name : `${name} (${note})`,
  );
  const left = names.length - notes.length;
  return `${parts.join(", ")}${left > 0 ? `, … and ${figures(left)} more (plan --json has all)` : ""}`;
}
