import type { EditValue } from "../model/plan.ts";
import { formatInstant, type Instant } from "../model/time.ts";
import { cut } from "../model/words.ts";

const BARE = /^[A-Za-z0-9._@:/+~%*-]+$/;
/** What would read as another kind of value. */
const OTHER_KIND = /^(?:none|true|false|-?[0-9.]+)$/;
const MIDNIGHT = /^(\d{4}-\d{2}-\d{2})T00:00:00Z$/;

/** A value of clients.yaml. Text that could pass for more than itself stands in quotes. */
export function formatValue(value: EditValue): string {
  if (value === null) return "none";
  if (typeof value === "string") return quoted(value.replace(MIDNIGHT, "$1"));
  if (typeof value !== "object") return String(value);
  if (isList(value)) return `[${value.map(formatValue).join(", ")}]`;
  const fields = Object.entries(value).map(([key, one]) => `${quoted(key)}: ${formatValue(one)}`);
  return `{ ${fields.join(", ")} }`;
}

function isList(value: EditValue): value is readonly EditValue[] {
  return Array.isArray(value);
}

export function quoted(text: string): string {
  return BARE.test(text) && !OTHER_KIND.test(text) ? text : JSON.stringify(text);
}

/**
 * `from → to`, each of at most `most` characters. Two long values that begin alike are shown from where they part;
 * of lists it is said what comes and what goes as well.
 */
export function formatChange(from: EditValue, to: EditValue, most: number): string {
  let [before, after] = [formatValue(from), formatValue(to)];
  if (before === after) [before, after] = [JSON.stringify(from), JSON.stringify(to)];
  const parting = firstDifference(before, after);
  const start = Math.max(before.length, after.length) <= most || parting < most - 1 ? 0 : parting - 1;
  const shown = (text: string) => cut(start === 0 ? text : `…${text.slice(start)}`, most);
  return `${shown(before)} → ${shown(after)}${listed(from, to, most)}`;
}

function firstDifference(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index++;
  return index;
}

/** ` (+ tools, - trixie)` */
function listed(from: EditValue, to: EditValue, most: number): string {
  if (from === null || to === null || !isList(from) || !isList(to)) return "";
  const [was, is] = [from.map(formatValue), to.map(formatValue)];
  const comes = is.filter((one) => !was.includes(one)).map((one) => `+ ${one}`);
  const goes = was.filter((one) => !is.includes(one)).map((one) => `- ${one}`);
  const parts = [...comes, ...goes];
  return parts.length === 0 ? "" : ` (${cut(parts.join(", "), most)})`;
}

/** An instant for people: the date alone where a day begins. */
export function day(instant: Instant): string {
  return formatInstant(instant).replace(MIDNIGHT, "$1");
}
