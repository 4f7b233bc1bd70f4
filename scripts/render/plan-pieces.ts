import type { AccessChange, Change, Plan, Warning } from "../model/plan.ts";
import type { Piece } from "./fit.ts";
import { show, type View } from "./kinds.ts";
import { diffLines, inert } from "./markdown.ts";
import { alike, rename } from "./plan-access.ts";
import { byKind, entryOf, LOOK } from "./plan-changes.ts";
import { byTime, LOUD, SHIFTS_MEANING } from "./plan-words.ts";
import { list } from "./words.ts";

/** What is said with a code: a refusal, a warning. */
function coded(symbol: string, { code, message }: { readonly code: string; readonly message: string }): Piece {
  return { what: code, lines: ({ characters }) => diffLines(symbol, `${code}: ${inert(message, characters)}`) };
}

export function definitionPieces({ changes, warnings }: Plan): Piece[] {
  const definitions = changes.filter((change) => change.kind === "definition");
  const shifts = warnings.filter(({ code }) => SHIFTS_MEANING.includes(code));
  return [
    ...shifts.map((warning) => coded("*", warning)),
    ...definitions.map((change) => ({
      what: `in ${change.section}`,
      lines: ({ characters }: { characters: number }) => diffLines("*", inert(entryOf(change).what, characters * 2)),
    })),
  ];
}

export function sensitivePieces({ warnings }: Plan): Piece[] {
  const loud = warnings.filter(({ code }) => LOUD.includes(code));
  return loud.map(({ code, message }) => ({
    what: code,
    lines: ({ characters }) => diffLines("!", `SENSITIVE: ${inert(message, characters)}`),
  }));
}

/** Clients whose access changes alike share a line: losses in red, gains in green. */
export function accessPieces(access: readonly AccessChange[]): Piece[] {
  const renames = access.filter(({ previously }) => previously !== null);
  const groups = alike(access).map(({ clients, gains, loses }) => {
    const many = clients.length > 1;
    const line = (symbol: string, verb: string, names: readonly string[], most: number) =>
      names.length === 0 ? [] : diffLines(symbol, inert(`${list(clients, most)} ${verb} ${list(names, most)}`));
    return {
      what: loses.length > 0 ? "that lose" : "that gain",
      lines: ({ names }: { names: number }) => [
        ...line("-", many ? "lose" : "loses", loses, names),
        ...line("+", many ? "gain" : "gains", gains, names),
      ],
    };
  });
  return [...renames.map((one) => ({ what: "renamed", lines: () => diffLines("=", inert(rename(one))) })), ...groups];
}

interface Sort {
  /** What changes of one sort have in common. */
  readonly how: string;
  readonly name: string;
}

const SORT: View<Sort> = {
  issue: ({ identity, reason, profile, key }) => ({
    how: `issue (${reason}), ${certificate(profile, key)}`,
    name: identity,
  }),
  renew: ({ identity, reason, profile, key }) => ({
    how: `renew (${reason}), ${certificate(profile, key)}`,
    name: identity,
  }),
  revoke: ({ identity, reason, cause }) => ({ how: `revoke (${cause}), ${reason}`, name: identity }),
  hold: ({ identity }) => ({ how: "hold", name: identity }),
  release: ({ identity }) => ({ how: "release", name: identity }),
  definition: ({ section, name }) => ({ how: `change ${section}`, name }),
  crl: ({ number, reason }) => ({ how: `sign CRL (${reason})`, name: String(number) }),
  file: ({ path, reason }) => ({ how: `write (${reason})`, name: path }),
};

function certificate(profile: string, key: "managed" | "request"): string {
  return `${profile}, ${key === "managed" ? "key managed here" : "key from its request"}`;
}

/** By symbol and reason: what is done and why, then to whom; last, in one line, what time does. */
export function certificatePieces({ changes }: Plan): Piece[] {
  const asked = changes.filter(({ due, kind }) => due === "registry" && kind !== "definition");
  const pieces = byKind(asked).flatMap((same) => {
    const sorts = Map.groupBy(same, (change) => show(change, SORT).how);
    return [...sorts].map(([how, those]) => sortPiece(how, those));
  });
  const time = inert(byTime(changes));
  return time === "" ? pieces : [...pieces, { what: "by time", lines: () => diffLines(" ", time) }];
}

function sortPiece(how: string, changes: readonly Change[]): Piece {
  const symbol = changes[0] === undefined ? " " : LOOK[changes[0].kind].symbol;
  const names = changes.map((change) => show(change, SORT).name);
  return { what: "sorts", lines: (level) => diffLines(symbol, inert(`${how}: ${list(names, level.names)}`)) };
}

/** Each certificate with its message, and the fingerprint or serial number to compare. */
export function proofPieces({ changes }: Plan): Piece[] {
  const ours = changes.filter(({ due, kind }) => due === "registry" && LOOK[kind].what === "certificate");
  return byKind(ours)
    .flat()
    .map((change) => {
      const { what, because, proof } = entryOf(change);
      return {
        what: `to ${change.kind}`,
        lines: ({ characters }) => [
          ...diffLines(LOOK[change.kind].symbol, inert(what)),
          ...diffLines(" ", `(because ${inert(because, characters)})`),
          ...(proof === "" ? [] : diffLines(" ", inert(proof))),
        ],
      };
    });
}

export function warningPieces({ warnings }: Plan): Piece[] {
  return otherWarnings(warnings).map((warning) => coded("?", warning));
}

function otherWarnings(warnings: readonly Warning[]): Warning[] {
  return warnings.filter(({ code }) => !LOUD.includes(code) && !SHIFTS_MEANING.includes(code));
}

export function refusalPieces({ refusals }: Plan): Piece[] {
  return refusals.map((refusal) => coded("!", refusal));
}
