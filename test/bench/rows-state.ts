import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { REGISTRY_FILE } from "../../scripts/model/layout.ts";
import type { RowSpec } from "./index.ts";
import { type Measured, middleOf, runScript } from "./measure.ts";
import type { Figures } from "./row.ts";
import { type Prepared, runBare, type Workplace } from "./workplace.ts";

const RUNS = 5;

/**
 * Every day's work on a state that is there, beside nothing but reading and parsing the same files. Adding a client
 * comes last: from then on the working tree is not what is committed.
 */
export const STATE_ROWS: readonly RowSpec[] = [
  {
    row: "plan",
    what: (size) => `quiet plan, ${size(10_000)} clients`,
    targets: [
      { of: "value", at: "most", figure: 1.5 },
      { of: "peak", at: "most", figure: 400 },
    ],
    measure: (workplace) => quietPlan(workplace, 10_000),
  },
  {
    row: "plan-fresh",
    what: (size) => `… in a fresh clone, ${size(10_000)}`,
    targets: [],
    measure: (workplace) => firstPlan(workplace, 10_000),
  },
  {
    row: "plan-large",
    what: (size) => `quiet plan, ${size(50_000)} clients`,
    targets: [
      { of: "value", at: "most", figure: 7.5 },
      { of: "peak", at: "most", figure: 2000 },
    ],
    measure: (workplace) => quietPlan(workplace, 50_000),
  },
  {
    row: "plan-large-fresh",
    what: (size) => `… in a fresh clone, ${size(50_000)}`,
    targets: [],
    measure: (workplace) => firstPlan(workplace, 50_000),
  },
  {
    row: "status",
    what: (size) => `status, ${size(10_000)} clients`,
    targets: [],
    measure: async (workplace) => {
      const { root } = await workplace.prepared(workplace.size(10_000));
      return beside(await middleOf(RUNS, () => runScript("status", "--root", root)), await bareRead(root));
    },
  },
  {
    row: "check",
    what: (size) => `check, ${size(10_000)} certificates`,
    targets: [{ of: "value", at: "most", figure: 10 }],
    measure: async (workplace) => {
      const { root } = await workplace.prepared(workplace.size(10_000));
      const ours = await middleOf(2, () => runScript("check", "--root", root));
      return beside(ours, await middleOf(2, () => runBare("verify", root)), "bare verify");
    },
  },
  {
    row: "add",
    what: (size) => `reconcile one more beside ${size(10_000)}`,
    targets: [{ of: "value", at: "most", figure: 2.5 }],
    measure: addOne,
  },
];

/** The second time, and every time after: files that have not changed are not read again. */
async function quietPlan(workplace: Workplace, clients: number): Promise<Figures> {
  const { root } = await workplace.prepared(workplace.size(clients));
  return beside(await middleOf(RUNS, () => plan(root)), await bareRead(root));
}

/** The first time: every file is read, and what it gave is written down for the next. */
async function firstPlan(workplace: Workplace, clients: number): Promise<Figures> {
  const { root } = await workplace.prepared(workplace.size(clients));
  const first = () => {
    rmSync(join(root, READ_BEFORE), { recursive: true, force: true });
    return plan(root);
  };
  return beside(await middleOf(RUNS, first), await bareRead(root));
}

/** What read/ keeps between two runs. */
const READ_BEFORE = ".git/gatehouse/read";

function plan(root: string): Promise<Measured> {
  return runScript("plan", "--detailed-exitcode", "--root", root);
}

/** Each run adds one client, and reconcile makes its certificate. */
async function addOne(workplace: Workplace): Promise<Figures> {
  const prepared = await workplace.prepared(workplace.size(10_000));
  let count = 0;
  const ours = await middleOf(RUNS, () => {
    appendFileSync(join(prepared.root, REGISTRY_FILE), `  ${added(prepared, count++)}: { groups: [group00] }\n`);
    return runScript("reconcile", "--root", prepared.root);
  });
  return beside(ours, await bareRead(prepared.root));
}

const added = ({ clients }: Prepared, count: number) => `added-${clients}-${count}`;

function bareRead(root: string): Promise<Measured> {
  return middleOf(RUNS, () => runBare("read", root));
}

function beside({ seconds: value, peak, cpu }: Measured, bare: Measured, what = "bare read"): Figures {
  return { value, unit: "s", peer: { what, value: bare.seconds }, peak, cpu };
}
