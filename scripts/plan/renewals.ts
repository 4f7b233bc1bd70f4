import type { DerivedFile } from "../model/derived.ts";
import { formatRenewal } from "../model/facts.ts";
import * as paths from "../model/layout.ts";
import type { Certificate, Renewal, State } from "../model/state.ts";
import { MOST_LINES } from "../servers/nginx/renewals.ts";

/** A certificate that is neither ended, revoked nor held, with whom it belongs to. */
interface Valid {
  readonly certificate: Certificate;
  readonly identity: string;
}

/** Whoever presents the predecessor may have the successor. */
export interface RenewalOrder {
  readonly predecessor: Certificate;
  readonly successor: Certificate;
}

/** Keys that an envelope can be made to: Ed25519 only signs. */
const OPENING: readonly Certificate["keyType"][] = ["ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"];

/**
 * What clients can fetch with a certificate that they have, for every client's newest certificate. `valid`: an
 * identity's oldest first. Never to another name: after a rename the client needs its bundle.
 * A request's certificate goes to every holder of the same key. A managed key changes with its certificate: it goes
 * to predecessors only when its end was the reason for it, and never after a reissue, whose cause may well be that
 * somebody else has the key.
 */
export function renewalOrders(valid: readonly Valid[]): RenewalOrder[] {
  const newest = new Map<string, Certificate>();
  for (const { identity, certificate } of valid) newest.set(identity, certificate);
  const orders: RenewalOrder[] = [];
  for (const { identity, certificate: predecessor } of valid) {
    const successor = newest.get(identity);
    if (successor === undefined || predecessor.kind !== "client" || predecessor === successor) continue;
    if (predecessor.identity !== successor.identity || predecessor.key !== successor.key) continue;
    if (successor.key === "request" ? sameKey(predecessor, successor) : canOpen(predecessor, successor))
      orders.push({ predecessor, successor });
  }
  return orders;
}

/** A lifetime that was shortened says nothing against the holder of the longer one. */
const BY_ITS_END: ReadonlySet<Certificate["reason"]> = new Set(["RenewalDue", "LifetimeChanged"]);

function sameKey(predecessor: Certificate, successor: Certificate): boolean {
  return predecessor.fingerprint === successor.fingerprint;
}

function canOpen(predecessor: Certificate, successor: Certificate): boolean {
  return BY_ITS_END.has(successor.reason) && OPENING.includes(predecessor.keyType);
}

/** The orders whose envelope is missing, cannot be read or is another's: what apply/ makes. */
export function renewalsToMake(orders: readonly RenewalOrder[], state: State): RenewalOrder[] {
  return orders.filter((order) => order.successor.key === "managed" && envelopeOf(order, state) === null);
}

/** pki/renewals, planned without any secret: an envelope whose lines are right is right, one yet to be made stands in. */
export function renewalFiles(orders: readonly RenewalOrder[], state: State): DerivedFile[] {
  return orders
    .filter(({ successor }) => successor.key === "managed")
    .map((order) => ({
      path: paths.path.renewal(order.predecessor.serial),
      text: formatRenewal(envelopeOf(order, state) ?? standIn(order)),
    }));
}

/** What a server answers to the holder of a certificate: the successor as it is, or enveloped. */
export function renewalOffers(orders: readonly RenewalOrder[], state: State) {
  return orders.map((order) => {
    const { successor } = order;
    const { pem } =
      successor.key === "request" ? successor : (envelopeOf(order, state) ?? standIn(order, linesOf(order)));
    return { serial: order.predecessor.serial, pem };
  });
}

function envelopeOf({ predecessor, successor }: RenewalOrder, state: State): Renewal | null {
  const there = state.renewals.get(predecessor.serial);
  const right = there?.identity === successor.identity && there.certificate === successor.serial;
  return right ? there : null;
}

/** Without lines it is an empty block: readRenewalFile takes none, so that nothing on disk is ever equal to this. */
function standIn({ predecessor, successor }: RenewalOrder, lines = 0): Renewal {
  const pem = `-----BEGIN CMS-----\n${"stand-in\n".repeat(lines)}-----END CMS-----\n`;
  return { identity: successor.identity, predecessor: predecessor.serial, certificate: successor.serial, pem };
}

/** By type of key, in bytes: its PEM, and what an envelope to it has besides issuer and content. */
const SIZES: Readonly<Record<Certificate["keyType"], { readonly key: number; readonly around: number }>> = {
  "ec-p256": { key: 241, around: 293 },
  "ec-p384": { key: 306, around: 315 },
  "rsa-2048": { key: 1704, around: 453 },
  "rsa-3072": { key: 2484, around: 587 },
  "rsa-4096": { key: 3272, around: 712 },
  ed25519: { key: 119, around: 0 },
  other: { key: 0, around: 0 },
};

/** Bytes in a line of PEM. */
const LINE = 48;
/** Its first line and its last. */
const MARKS = 2;

/**
 * Lines of an envelope that is yet to be made, within a few: maps take longer ones apart, and the plan names each that
 * changes. Two certificates of one client are of one length, all but.
 */
function linesOf({ predecessor, successor }: RenewalOrder): number {
  const content = SIZES[successor.keyType].key + predecessor.pem.length;
  const whole = content + predecessor.issuer.length + SIZES[predecessor.keyType].around;
  return Math.min(Math.ceil(whole / LINE), MOST_LINES - MARKS);
}
