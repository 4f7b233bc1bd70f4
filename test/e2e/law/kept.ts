import type { Story } from "./operations.ts";

interface Kept {
  readonly sentence: string;
  readonly story: Story;
  readonly outcome: string;
}

const PLAIN = { settled: true, last: [], meanwhile: [], review: 1, way: "merge", days: 0 } as const;

/** Stories in which a plan once said something else than what happened, as small as they got. */
export const KEPT: readonly Kept[] = [
  {
    sentence: "a registry that main cannot read is nothing to compare with: what is in force is",
    outcome: "equal",
    story: {
      ...PLAIN,
      operations: [
        { do: "edit", on: 0, edit: { kind: "removeGroup", entry: 1, field: 0, value: 0 }, when: 0 },
        { do: "edit", on: 1, edit: { kind: "client", entry: 0, field: 4, value: 1 }, when: 0 },
        { do: "checkout", on: 1, commit: 2 },
      ],
    },
  },
  {
    sentence: "what main was refused before is refused with every branch",
    outcome: "refused TooManyLosses",
    story: {
      ...PLAIN,
      operations: [
        { do: "edit", on: 0, edit: { kind: "group", entry: 1, field: 1, value: 2 }, when: 0 },
        { do: "prose", on: 1, when: 0, text: 1 },
      ],
    },
  },
  {
    sentence:
      "what a branch says by itself is compared with what main asked for, where the branch lifts a limit that held main up",
    outcome: "equal",
    story: {
      ...PLAIN,
      operations: [{ do: "edit", on: 0, edit: { kind: "group", entry: 1, field: 1, value: 2 }, when: 0 }],
      last: [
        { kind: "limits", entry: 0, field: 1, value: 3 },
        { kind: "client", entry: 0, field: 4, value: 1 },
      ],
    },
  },
  {
    sentence: "a fact that one commit writes and the next takes back is refused, for main would be doubted for ever",
    outcome: "refused StateEdited",
    story: {
      ...PLAIN,
      operations: [
        { do: "state", on: 1, edit: "addRevocation", which: 0, back: true },
        { do: "prose", on: 1, when: 0, text: 1 },
      ],
    },
  },
  {
    sentence: "so is a form of pki/registry.yaml, where the branch's commits come to stand on main's line",
    outcome: "refused StateEdited",
    story: {
      ...PLAIN,
      way: "forward",
      operations: [
        { do: "state", on: 1, edit: "editRegistry", which: 0, back: true },
        { do: "prose", on: 1, when: 0, text: 1 },
      ],
    },
  },
  {
    sentence: "a directory in a derived file's place is taken away, with what lies in it",
    outcome: "equal",
    story: {
      ...PLAIN,
      operations: [
        { do: "shape", on: 1, path: 13, shape: "directory" },
        { do: "cross", on: 1, how: "git", main: "git", when: 0 },
        { do: "update", on: 1, how: "git", when: 0 },
      ],
      meanwhile: [{ kind: "client", entry: 0, field: 0, value: 0 }],
    },
  },
  {
    sentence: "a client that is renamed and compromised by one change is named as it is called then",
    outcome: "equal",
    story: {
      ...PLAIN,
      operations: [{ do: "edit", on: 1, edit: { kind: "rename", entry: 0, field: 0, value: 0 }, when: 0 }],
      settled: true,
      last: [{ kind: "client", entry: 10, field: 5, value: 0 }],
    },
  },
  {
    sentence: "a hold whose fact somebody took away on main comes back, and the CRL has it still",
    outcome: "equal",
    story: {
      ...PLAIN,
      settled: false,
      operations: [
        { do: "state", on: 1, edit: "dropHold", which: 0, back: false },
        { do: "cross", on: 1, how: "git", main: "squash", when: 0 },
        { do: "edit", on: 1, edit: { kind: "client", entry: 0, field: 0, value: 0 }, when: 0 },
      ],
      meanwhile: [{ kind: "client", entry: 0, field: 0, value: 0 }],
    },
  },
  {
    sentence: "a client that is renamed and suspended by one change is on no list by its new name",
    outcome: "equal",
    story: {
      ...PLAIN,
      operations: [],
      last: [
        { kind: "client", entry: 7, field: 14, value: 0 },
        { kind: "rename", entry: 7, field: 0, value: 0 },
      ],
    },
  },
  {
    sentence: "what a branch takes is counted where main cannot read what was carried out last, and counts nothing",
    outcome: "refused StateDoubtful TooManyLosses",
    story: {
      ...PLAIN,
      operations: [
        { do: "state", on: 1, edit: "editRegistry", which: 0, back: false },
        { do: "land", from: 1, how: "git", when: 0 },
        { do: "edit", on: 1, edit: { kind: "client", entry: 0, field: 0, value: 0 }, when: 0 },
      ],
      meanwhile: [{ kind: "limits", entry: 0, field: 0, value: 3 }],
    },
  },
  {
    sentence: "a branch that mends a registry which main cannot read brings with it what main changed meanwhile",
    outcome: "equal",
    story: {
      ...PLAIN,
      operations: [
        { do: "edit", on: 2, edit: { kind: "crl", entry: 0, field: 0, value: 7 }, when: 0 },
        { do: "land", from: 2, how: "git", when: 0 },
        { do: "edit", on: 1, edit: { kind: "crl", entry: 0, field: 0, value: 0 }, when: 0 },
      ],
      meanwhile: [{ kind: "client", entry: 0, field: 0, value: 0 }],
    },
  },
  {
    sentence: "a renewal for a client's own key is said of the map that offers it, where nothing else changes that",
    outcome: "equal",
    story: {
      ...PLAIN,
      operations: [
        { do: "edit", on: 0, edit: { kind: "client", entry: 0, field: 6, value: 0 }, when: 0 },
        { do: "edit", on: 1, edit: { kind: "defaults", entry: 0, field: 7, value: 1 }, when: 0 },
        { do: "edit", on: 1, edit: { kind: "client", entry: 0, field: 0, value: 0 }, when: 0 },
      ],
      days: 340,
    },
  },
];
