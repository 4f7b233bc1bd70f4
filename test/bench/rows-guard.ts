import { execFileSync } from "node:child_process";
import { childEnvironment, requireProgram } from "../../scripts/system/programs.ts";
import type { RowSpec } from "./index.ts";
import { middleOf, runPeer, runScript } from "./measure.ts";
import type { Figures } from "./row.ts";
import type { Workplace } from "./workplace.ts";

const RUNS = 3;
const COMMITS = 300;
const FILES = 4;
const LINES = 60;

/** The guard over a branch as CI has it, beside git that only writes out the same changes. */
export const GUARD_ROWS: readonly RowSpec[] = [
  {
    row: "guard",
    what: (size) => `guard over ${size(COMMITS)} commits`,
    targets: [],
    measure: besideGit,
  },
];

async function besideGit(workplace: Workplace): Promise<Figures> {
  const { root } = await workplace.prepareAnew(1, "ec-p256");
  commitMany(root, workplace.size(COMMITS));
  const range = "main..branch";
  const ours = await middleOf(RUNS, () => runScript("guard", "--root", root, "--range", range));
  const peer = await middleOf(RUNS, () => runPeer("git", ["-C", root, "log", "-p", range]));
  return {
    value: ours.seconds,
    unit: "s",
    peer: { what: "git log -p", value: peer.seconds },
    peak: ours.peak,
    cpu: ours.cpu,
  };
}

/** Text and programs, each file another, and now and then one that changes. */
function commitMany(root: string, count: number): void {
  const parts: string[] = [];
  for (let at = 0; at < count; at += 1) {
    parts.push("commit refs/heads/branch\ncommitter Bench <bench@example.com> 1795262500 +0000\ndata 7\nChange\n\n");
    if (at === 0) parts.push("from refs/heads/main\n");
    for (let file = 0; file < FILES; file += 1) {
      const text = Array.from({ length: LINES }, (_, line) => `const value${line} = "${at} ${file}" + ${line * at};\n`);
      const body = text.join("");
      parts.push(
        `M 100644 inline docs/part${(at * FILES + file) % 500}.md\ndata ${Buffer.byteLength(body)}\n${body}\n`,
      );
    }
  }
  execFileSync(requireProgram("git"), ["fast-import", "--quiet"], {
    cwd: root,
    input: parts.join(""),
    env: childEnvironment(),
    stdio: ["pipe", "ignore", "inherit"],
  });
}
