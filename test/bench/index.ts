import { UserError } from "../../scripts/model/problem.ts";
import { formatInstant, type Instant } from "../../scripts/model/time.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { type Figures, failedRow, type Limit, makeRow, type Row } from "./row.ts";
import { AUTHORITY_ROWS } from "./rows-authority.ts";
import { CRL_ROWS } from "./rows-crl.ts";
import { GUARD_ROWS } from "./rows-guard.ts";
import { ISSUE_ROWS } from "./rows-issue.ts";
import { NGINX_ROWS } from "./rows-nginx.ts";
import { PUSH_ROWS } from "./rows-push.ts";
import { STATE_ROWS } from "./rows-state.ts";
import { VAULT_ROWS } from "./rows-vault.ts";
import { Workplace } from "./workplace.ts";

export interface RowSpec {
  readonly row: string;
  /** `size` writes the number of things that this run really has. */
  readonly what: (size: (full: number) => string) => string;
  readonly targets: readonly Limit[];
  readonly measure: (workplace: Workplace) => Promise<Figures>;
}

export interface Bench {
  readonly date: string;
  readonly machine: Machine;
  /** Sizes are a tenth: a trial of the benchmark, no measurement. */
  readonly quick: boolean;
  readonly rows: readonly Row[];
}

export interface BenchOptions {
  readonly now: Instant;
  readonly quick: boolean;
  /** Rows by name, or the beginning of one, with commas; null: all. */
  readonly only: string | null;
  readonly say: (text: string) => void;
}

const ROWS: readonly RowSpec[] = [
  ...ISSUE_ROWS,
  ...STATE_ROWS,
  ...CRL_ROWS,
  ...NGINX_ROWS,
  ...AUTHORITY_ROWS,
  ...VAULT_ROWS,
  ...GUARD_ROWS,
  ...PUSH_ROWS,
];

/** Measures row after row; one that fails says why in its place. Throws UserError for a row that is none. */
export async function runBench({ now, quick, only, say }: BenchOptions): Promise<Bench> {
  const chosen = choose(only);
  const machine = thisMachine();
  const workplace = new Workplace(quick ? 10 : 1, say);
  const rows: Row[] = [];
  try {
    for (const spec of chosen) {
      say(`measuring ${spec.row}`);
      const row = await measureRow(spec, workplace);
      say(`  ${row.value === null ? "no figure" : `${row.value.toFixed(2)} ${row.unit}`}`);
      rows.push(row);
    }
  } finally {
    workplace.close();
  }
  return { date: formatInstant(now), machine, quick, rows };
}

function choose(only: string | null): readonly RowSpec[] {
  if (only === null) return ROWS;
  const wanted = only.split(",");
  const unknown = wanted.find((name) => name === "" || !ROWS.some(({ row }) => row.startsWith(name)));
  if (unknown !== undefined) {
    throw new UserError(`there is no row ${unknown}`, `rows: ${ROWS.map(({ row }) => row).join(", ")}`);
  }
  return ROWS.filter(({ row }) =>
    wanted.some((name) => row === name || (!ROWS.some((one) => one.row === name) && row.startsWith(name))),
  );
}

/** Targets are for the full sizes: at a tenth, most of the time goes to Node's start. */
async function measureRow({ row, what, targets: atFullSize, measure }: RowSpec, workplace: Workplace): Promise<Row> {
  const targets = workplace.divisor === 1 ? atFullSize : [];
  const title = what((full) => workplace.size(full).toLocaleString("en"));
  try {
    return makeRow(row, title, targets, await measure(workplace));
  } catch (error) {
    return failedRow(row, title, targets, error instanceof Error ? error.message : String(error));
  }
}
