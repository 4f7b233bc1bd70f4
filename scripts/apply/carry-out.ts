import { openSigner } from "../custody/index.ts";
import type { Secrets } from "../custody/secrets.ts";
import { UserError } from "../model/problem.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { planCrl } from "../plan/crl.ts";
import { compareFiles, derivedFiles, missingRenewals, strayFiles } from "../plan/files.ts";
import type { ApplicablePlan } from "../plan/index.ts";
import { rereadState } from "../read/state.ts";
import type { Tree } from "../read/tree.ts";
import type { Vault } from "../vault/vault.ts";
import { waysIn } from "../vault/way-in.ts";
import { type Issuer, makeIssuer } from "../x509/issuer.ts";
import { writeDerived } from "./derived.ts";
import { writeCrl, writeFacts } from "./facts.ts";
import { issueAll } from "./issue.ts";
import { ordersOf } from "./orders.ts";
import { writeRenewals } from "./renewals.ts";

/** What carrying out needs beside the applicable. */
export interface Work {
  readonly root: string;
  readonly now: Instant;
  /** Of Gatehouse. */
  readonly version: string;
  readonly tree: Tree;
  /** As the plan was made from. */
  readonly state: State;
  readonly vault: Vault;
  readonly secrets: Secrets;
  /** Starts a progress line; call it with how many more are done. */
  readonly progress: (label: string, total: number) => { tick: (count: number) => void; done: () => void };
}

/**
 * In an order that survives a kill at any instant: keys and certificates, revocations and holds, CRL, derived files,
 * pki/registry.yaml last. After each step its facts are read again, and what follows from them is worked out by the
 * functions that the plan was made with. Returns the state as it is then on disk.
 * @throws UserError where the vault is locked and something is to be signed; nothing was done then
 */
export async function carryOut(applicable: ApplicablePlan, work: Work): Promise<State> {
  const authority = await openAuthority(applicable, work);
  try {
    return await inOrder(applicable, work, authority?.issuer ?? null);
  } finally {
    await authority?.close();
  }
}

async function inOrder(applicable: ApplicablePlan, work: Work, issuer: Issuer | null): Promise<State> {
  const { root, now, tree, vault } = work;
  let state = rereadState(tree, work.state, await issueOrders(applicable, issuer, work));
  state = rereadState(tree, state, await writeFacts(root, applicable.decisions, now, new Set(state.holds.keys())));
  const order = planCrl(state, applicable.registry.crl, now, "registry");
  if (order !== null && issuer !== null) state = rereadState(tree, state, await writeCrl(root, order, issuer));
  if (applicable.plan.changes.every(({ kind }) => kind === "crl")) return state;
  const { written, unusable } = await writeRenewals(root, missingRenewals(applicable.registry, state, now), vault);
  state = withoutKeys(rereadState(tree, state, written), unusable);
  const wanted = derivedFiles(applicable.registry, state, now, work.version);
  const strays = strayFiles(applicable.registry, state, now);
  const changes = compareFiles(wanted, state, strays, { due: "registry", upgraded: false });
  return rereadState(tree, state, await writeDerived(root, changes, wanted));
}

/** Of a key that is there and cannot be read, everything goes on as if it were gone. */
function withoutKeys(state: State, serials: readonly string[]): State {
  return serials.length === 0
    ? state
    : { ...state, keys: new Set([...state.keys].filter((serial) => !serials.includes(serial))) };
}

interface OpenAuthority {
  readonly issuer: Issuer;
  readonly close: () => Promise<void>;
}

/** The authority with its key: only where the plan signs something. */
async function openAuthority(
  { plan, registry }: ApplicablePlan,
  { state, vault, secrets, root }: Work,
): Promise<OpenAuthority | null> {
  const signs = plan.changes.some(({ kind }) => kind === "issue" || kind === "renew" || kind === "crl");
  if (!signs || state.authority === null) return null;
  if (vault.state === "locked") {
    const what = "the vault is locked, and this plan needs private keys; nothing was done";
    throw new UserError(what, ...waysIn(root));
  }
  const certificate = state.authority.pem;
  const { custody } = registry.authority;
  const { signer, close } = await openSigner({ root, custody, certificate, vault, secrets });
  try {
    return { issuer: makeIssuer(certificate, signer), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function issueOrders(applicable: ApplicablePlan, issuer: Issuer | null, work: Work): Promise<string[]> {
  const { root, now, vault } = work;
  const orders = ordersOf(applicable.decisions, work.state, now);
  if (orders.length === 0 || issuer === null) return [];
  const line = work.progress("issuing certificates", orders.length);
  try {
    return await issueAll(orders, { root, now, vault, issuer, tick: line.tick });
  } finally {
    line.done();
  }
}
