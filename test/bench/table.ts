import type { Bench } from "./index.ts";
import type { Limit, Row } from "./row.ts";

/** 80 columns, plain text, as README shows it. */
export function benchTable(bench: Bench): string {
  const { machine, quick } = bench;
  const title = [
    `Gatehouse bench, ${bench.date.slice(0, 10)}`,
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, load ${machine.load.toFixed(1)}${quick ? ", quick: sizes a tenth" : ""}`,
  ];
  const head = line(["", "ours", "beside", "ratio", "peak", ""]);
  return [...title, "", head, ...bench.rows.flatMap(rowLines), ""].join("\n");
}

const WIDTHS = [37, 8, 9, 6, 7] as const;

/** The first column and the last are text; what is between them are numbers, to the right. */
function line(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const width = WIDTHS[index] ?? 0;
    return index === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return padded.join(" ").trimEnd();
}

function rowLines(row: Row): string[] {
  const { value, unit, peer, ratio, peak } = row;
  const fits = row.what.length <= WIDTHS[0];
  const cells = [
    fits ? row.what : "",
    value === null ? "–" : figure(value, unit),
    peer === null ? "" : figure(peer.value, unit),
    ratio === null ? "" : ratioText(row, ratio),
    peak === null ? "" : `${Math.round(peak)} MB`,
    verdict(row.ok),
  ];
  const details = [peer === null ? "" : `beside ${peer.what}`, row.targets.map(target).join(", ")].filter(
    (text) => text !== "",
  );
  const lines = fits ? [line(cells)] : [row.what, line(cells)];
  if (details.length > 0) lines.push(`  ${details.join("; ")}`);
  if (row.note !== null) lines.push(...row.note.split("\n").map((text) => `  ${text}`));
  return lines;
}

const verdict = (ok: boolean | null) => (ok === null ? "" : ok ? "   ok" : "   SHORT");

/** Of times 1.52×, of rates 97 %. */
function ratioText({ unit }: Row, ratio: number): string {
  return unit === "/s" ? `${(ratio * 100).toFixed(1)}%` : `${ratio.toFixed(2)}×`;
}

function figure(value: number, unit: string): string {
  if (unit === "/s") return `${Math.round(value).toLocaleString("en")}/s`;
  return `${value.toFixed(value < 100 ? 2 : 0)} ${unit}`;
}

function target({ of, at, figure: bound }: Limit): string {
  const sign = at === "most" ? "≤" : "≥";
  if (of === "peak") return `${sign} ${bound.toLocaleString("en")} MB`;
  if (of === "value") return `target ${sign} ${bound} s`;
  return `target ${sign} ${at === "least" ? `${bound * 100} %` : `${bound}×`}`;
}
