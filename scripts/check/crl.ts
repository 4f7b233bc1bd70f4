import * as paths from "../model/layout.ts";
import type { Finding } from "../model/problem.ts";
import type { Crl } from "../model/state.ts";
import { formatInstant } from "../model/time.ts";
import { planCrl } from "../plan/crl.ts";
import { readCrl } from "../x509/crl-reader.ts";
import { block, type CheckInput, RECONCILE, warn } from "./input.ts";

const path = paths.CRL_FILE;

/**
 * The CRL against the clock, the committed one, and what is revoked; the first that is wrong is reported. From
 * `doubtful` facts nobody can tell what it should say.
 */
export async function crl(input: CheckInput, doubtful: boolean): Promise<Finding[]> {
  const { state } = input;
  if (state.authority === null || state.doubts.some((doubt) => doubt.path === path)) return [];
  if (state.crl === null) {
    if (state.certificates.size === 0 && state.carriedOut === null) return [];
    // Without the last one's number the next could not be sure to rise above it.
    const back = await input.restore(path);
    const fix = back === null ? RECONCILE : `${back} && ${RECONCILE}`;
    return [block("Missing", path, "there is no CRL: servers let nobody in", fix)];
  }
  const ahead = await future(input, state.crl);
  const found =
    ahead?.level === "block" ? null : ((await rollback(input, state.crl)) ?? (doubtful ? null : entries(input)));
  return [ahead, found, freshness(input, state.crl)].filter((finding) => finding !== null);
}

async function future({ now, checkClock, restore }: CheckInput, { number, thisUpdate }: Crl): Promise<Finding | null> {
  if (!checkClock || Math.max(number, thisUpdate) <= now) return null;
  // Nobody minds such a number, and after a clock that ran ahead it goes on from there.
  if (thisUpdate <= now) return warn("CrlFuture", path, `its number ${number} lies in the future`, null);
  const message = `its thisUpdate ${formatInstant(thisUpdate)} lies in the future; set this machine's clock, or go back to the committed CRL`;
  return block("CrlFuture", path, message, await restore(path));
}

/** Numbers only rise: a lower one than the committed is an old CRL put back, on which somebody revoked is missing. */
async function rollback({ committed, read, restore }: CheckInput, crl: Crl): Promise<Finding | null> {
  const before = await committed(path);
  const last = before === null ? null : readable(before.toString("latin1"));
  if (last === null || before === null || crl.number > last.number) return null;
  if (read(path)?.equals(before) === true) return null;
  const message =
    crl.number < last.number
      ? `its number ${crl.number} is lower than the committed ${last.number}`
      : `it has the committed number ${last.number} and is another CRL`;
  return block("CrlRollback", path, message, `${await restore(path)} && ${RECONCILE}`);
}

function readable(pem: string): Crl | null {
  try {
    return readCrl(pem);
  } catch {
    return null;
  }
}

/**
 * Everything revoked or held whose certificate has not ended is on it, nothing held was forgotten, it is this CA's, and
 * it goes on no longer than is asked for.
 */
function entries({ state, registry, now }: CheckInput): Finding | null {
  const settings = (state.carriedOut?.registry ?? registry)?.crl;
  const order = settings === undefined ? null : planCrl(state, settings, now, "registry");
  if (order === null || order.change.reason === "RenewalDue") return null;
  if (order.change.reason === "LifetimeChanged") return warn("CrlLong", path, order.change.message, RECONCILE);
  return block("CrlEntries", path, `it does not say what is revoked: ${order.change.message}`, RECONCILE);
}

function freshness({ state, registry, now }: CheckInput, { nextUpdate }: Crl): Finding | null {
  // Verifiers count the second of nextUpdate itself as too late (OpenSSL, X509_cmp_time).
  if (nextUpdate <= now) {
    const message = `ended ${formatInstant(nextUpdate)}: every client is locked out; reconcile, then deploy`;
    return block("CrlEnded", path, message, RECONCILE);
  }
  const renewBefore = (state.carriedOut?.registry ?? registry)?.crl.renewBefore ?? 0;
  if (now <= nextUpdate - renewBefore / 2) return null;
  const message = `ends ${formatInstant(nextUpdate)}, and then every client is locked out; reconcile, then deploy`;
  return warn("CrlEnding", path, message, RECONCILE);
}
