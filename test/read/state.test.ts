import { expect, test } from "vitest";
import { readState } from "../../scripts/read/state.ts";
import type { Tree } from "../../scripts/read/tree.ts";

/** One file of some text. */
function holding(path: string): Tree {
  const directory = path.slice(0, path.lastIndexOf("/"));
  const read = (asked: string) => (asked === path ? "text\n" : null);
  return {
    walk: (above) => (path.startsWith(`${above}/`) ? [{ path, directory, kind: "file" }] : []),
    read: (asked) => (read(asked) === null ? null : Buffer.from("text\n")),
    readText: read,
  };
}

test.each(["README.md", ".gitkeep", ".req", "notes", "alice.REQ"])(
  "%s beside the requests is nobody's, and holds nothing up",
  (name) => {
    const { requests, doubts, blocked } = readState(holding(`pki/reqs/${name}`));
    expect({ requests: requests.size, doubts, blocked: blocked.size }).toEqual({ requests: 0, doubts: [], blocked: 0 });
  },
);

test.each(["revoked/.yaml", "held/5f.yaml", "certs_by_serial/README", "private/by_serial/.key"])(
  "%s among facts is doubted",
  (name) => {
    expect(readState(holding(`pki/${name}`)).doubts).toMatchObject([{ path: `pki/${name}` }]);
  },
);
