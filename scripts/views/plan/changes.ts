import type { Change, FileChange, Issue, Plan, Renew } from "../../model/plan.ts";
import type { ChangeKind, View } from "./by-kind.ts";
import type { Tone } from "./statement.ts";

/** How a kind of change is drawn and told, and its place among the others. */
interface Look {
  readonly tone: Tone;
  readonly order: number;
  readonly what: "certificate" | "definition" | "CRL" | "file";
  readonly done: string;
}

export const LOOK: Readonly<Record<ChangeKind, Look>> = {
  definition: { tone: "meaning", order: 0, what: "definition", done: "changed" },
  issue: { tone: "gain", order: 1, what: "certificate", done: "issued" },
  renew: { tone: "renewal", order: 2, what: "certificate", done: "renewed" },
  release: { tone: "gain", order: 3, what: "certificate", done: "released" },
  hold: { tone: "pause", order: 4, what: "certificate", done: "held" },
  revoke: { tone: "loss", order: 5, what: "certificate", done: "revoked" },
  crl: { tone: "plain", order: 6, what: "CRL", done: "signed" },
  file: { tone: "plain", order: 7, what: "file", done: "written" },
};

interface Entry {
  /** What changes of one sort have in common. */
  readonly sort: string;
  readonly name: string;
  /** To be compared character by character. */
  readonly proof: string;
}

export const ENTRY: View<Entry> = {
  issue: (change) => ({
    sort: `issue (${change.reason}), ${certificate(change)}`,
    name: change.identity,
    proof: key(change),
  }),
  renew: (change) => ({
    sort: `renew (${change.reason}), ${certificate(change)}`,
    name: change.identity,
    proof: key(change),
  }),
  revoke: ({ identity, reason, cause, serial }) => {
    return { sort: `revoke (${cause}), ${reason}`, name: identity, proof: `serial ${serial}` };
  },
  hold: ({ identity, serial }) => ({ sort: "hold, certificateHold", name: identity, proof: `serial ${serial}` }),
  release: ({ identity, serial }) => ({
    sort: "release, no longer on the CRL",
    name: identity,
    proof: `serial ${serial}`,
  }),
  definition: ({ section, name }) => ({ sort: `change ${section}`, name, proof: "" }),
  crl: ({ number, reason }) => ({ sort: `sign CRL (${reason})`, name: String(number), proof: "" }),
  file: ({ path, reason }) => ({ sort: FILES[reason], name: path, proof: "" }),
};

export const FILES: Readonly<Record<FileChange["reason"], string>> = {
  Missing: "made",
  Drifted: "written",
  Upgraded: "written for this version",
  Stray: "removed",
};

function certificate({ profile, key }: Issue | Renew): string {
  return `${profile}, ${key === "managed" ? "key managed here" : "key from its request"}`;
}

function key({ fingerprint }: Issue | Renew): string {
  return fingerprint === null ? "" : `key ${fingerprint}`;
}

/** Changes kind by kind, in the order in which they are shown. */
export function byKind(changes: readonly Change[]): Change[][] {
  const groups = Map.groupBy(changes, ({ kind }) => kind);
  return [...groups].sort(([a], [b]) => LOOK[a].order - LOOK[b].order).map(([, alike]) => alike);
}

/** What somebody asked for. */
export const asked = ({ changes }: Plan) => changes.filter(({ due }) => due === "registry");
