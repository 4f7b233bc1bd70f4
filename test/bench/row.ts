/** A bound on one of a row's figures. The ratio is ours over the peer's. */
export interface Limit {
  readonly of: "value" | "ratio" | "peak";
  readonly at: "most" | "least";
  readonly figure: number;
}

/** One line of the table. */
export interface Row {
  readonly row: string;
  readonly what: string;
  /** Null where it could not be measured; `note` says why. */
  readonly value: number | null;
  readonly unit: string;
  /** The same done by somebody else, or barely, in the same run and unit. */
  readonly peer: { readonly what: string; readonly value: number } | null;
  readonly ratio: number | null;
  readonly targets: readonly Limit[];
  /** Null for a row that has no target. */
  readonly ok: boolean | null;
  /** Peak resident memory of our process, MB. */
  readonly peak: number | null;
  /** Processor time of our process, of all cores together: what a busy machine changes least. Same unit as `value`. */
  readonly cpu: number | null;
  readonly note: string | null;
}

/** What a row's measurement yields; the rest follows from it. */
export interface Figures {
  readonly value: number;
  readonly unit: string;
  readonly peer?: { readonly what: string; readonly value: number };
  /** Where it is not simply the quotient of the two. */
  readonly ratio?: number;
  readonly peak?: number | null;
  readonly cpu?: number | null;
  readonly note?: string;
}

export function makeRow(row: string, what: string, targets: readonly Limit[], figures: Figures): Row {
  const { value, unit, peer = null, peak = null, cpu = null, note = null } = figures;
  const ratio = figures.ratio ?? (peer === null ? null : value / peer.value);
  const measured = { value, ratio, peak };
  const ok = targets.length === 0 ? null : targets.every((limit) => holds(limit, measured[limit.of]));
  return { row, what, value, unit, peer, ratio, targets, ok, peak, cpu, note };
}

/** A row that could not be measured is a row that falls short: it never goes missing in silence. */
export function failedRow(row: string, what: string, targets: readonly Limit[], why: string): Row {
  const none = { value: null, unit: "", peer: null, ratio: null, peak: null, cpu: null };
  return { row, what, ...none, targets, ok: false, note: why };
}

/** A figure that could not be had (memory, where /proc is missing) breaks no limit. */
function holds({ at, figure }: Limit, measured: number | null): boolean {
  if (measured === null) return true;
  return at === "most" ? measured <= figure : measured >= figure;
}
