import type { AccessChange } from "../model/plan.ts";
import { fold } from "./plan-changes.ts";
import type { Style } from "./style.ts";
import { list } from "./words.ts";
import { wrap } from "./wrap.ts";

/** Clients whose access changes in the same way, in the plan's order. */
export interface Alike {
  readonly clients: string[];
  readonly gains: readonly string[];
  readonly loses: readonly string[];
}

const NAMES_SHOWN = 10;

/** Renames, who gains, who gains and loses, who loses: net per client, clients with the same change in one line. */
export function accessLines(access: readonly AccessChange[], style: Style, width: number): string[] {
  const renames = access.filter(({ previously }) => previously !== null).map(rename);
  const groups = alike(access).map(({ clients, gains, loses }) => {
    const many = clients.length > 1;
    const verbs = [
      ...(gains.length > 0 ? [`${many ? "gain" : "gains"} ${list(gains, NAMES_SHOWN)}`] : []),
      ...(loses.length > 0 ? [`${many ? "lose" : "loses"} ${list(loses, NAMES_SHOWN)}`] : []),
    ];
    const text = `${list(clients, NAMES_SHOWN)} ${verbs.join("; ")}`;
    if (loses.length === 0) return wrap(text, width, { first: "  + ", paint: style.green });
    return wrap(text, width, { first: gains.length === 0 ? "  - " : "  ~ ", paint: style.red });
  });
  return [...fold(renames, (line) => wrap(line, width, { first: "  = " })), ...fold(groups, (lines) => lines)];
}

/** A rename as a sentence without its stop. */
export function rename({ client, previously, gains, loses }: AccessChange): string {
  const same = gains.length === 0 && loses.length === 0;
  return `${previously} is now ${client}${same ? ", with the same access" : ""}`;
}

/** Clients whose access changes, those alike together: who gains, who gains and loses, who loses. */
export function alike(access: readonly AccessChange[]): Alike[] {
  const groups = new Map<string, Alike>();
  for (const { client, gains, loses } of access) {
    if (gains.length === 0 && loses.length === 0) continue;
    const key = JSON.stringify([gains, loses]);
    const group = groups.get(key) ?? { clients: [], gains, loses };
    group.clients.push(client);
    groups.set(key, group);
  }
  const rank = ({ gains, loses }: Alike) => (loses.length === 0 ? 0 : gains.length > 0 ? 1 : 2);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b));
}
