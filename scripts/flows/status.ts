import { SERIAL } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Registry } from "../model/registry.ts";
import type { State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { nearest } from "../model/words.ts";
import type { Provenance } from "../views/provenance.ts";
import { type StatusFilter, statusOf } from "../views/status/index.ts";
import type { Status } from "../views/status/words.ts";
import { type Loaded, loadToShow } from "./load.ts";
import { provenanceOf } from "./provenance.ts";

export interface StatusToShow {
  readonly loaded: Loaded;
  readonly status: Status;
  /** The registry by which servers admit. */
  readonly inForce: Registry | null;
  /** Of the one certificate asked for; undefined where none was, null where nothing is committed. */
  readonly provenance: Provenance | null | undefined;
}

/**
 * Where things stand, read from the working tree without any secret. `filter.serial` as people write it, or its
 * beginning. Throws UserError for a filter that finds nobody, most often a typing error.
 */
export async function statusToShow(root: string, now: Instant, filter: StatusFilter): Promise<StatusToShow> {
  const loaded = await loadToShow(root, now);
  const { registry, state } = loaded;
  const serial = filter.serial === null ? null : readSerial(filter.serial, state);
  const status = statusOf(registry, state, now, { ...filter, serial });
  if (status.identities.length === 0) insistOnSomebody(loaded, { ...filter, serial });
  const certificate = serial === null ? undefined : state.certificates.get(serial);
  const provenance = certificate && (await provenanceOf(root, certificate));
  return { loaded, status, inForce: state.carriedOut?.registry ?? registry, provenance };
}

/** Serials as other programs print them (`5f:3a…`, `0x5F3A…`, `serial=5F3A…`), or their beginning, in our form. */
function readSerial(text: string, { certificates }: State): string {
  const digits = text
    .replace(/^(?:serial=|0x)/i, "")
    .replaceAll(":", "")
    .toUpperCase();
  const known = [...certificates.keys()].filter((serial) => serial.startsWith(digits));
  if (certificates.has(digits)) return digits;
  if (/^[0-9A-F]{2,}$/.test(digits) && known.length > 0) return onlyOne(known, text);
  if (SERIAL.test(digits)) return digits;
  throw new UserError(
    `--serial: "${text}" is not a serial number`,
    "Write it as openssl x509 -noout -serial prints it.",
  );
}

function onlyOne([serial = "", ...others]: readonly string[], text: string): string {
  if (others.length === 0) return serial;
  const some = [serial, ...others].slice(0, 5).join(", ");
  throw new UserError(`--serial: ${others.length + 1} serial numbers begin with ${text}`, `Write more of it: ${some}`);
}

function insistOnSomebody({ registry, state }: Loaded, { client, repository, serial }: StatusFilter): void {
  const both = [registry, state.carriedOut?.registry];
  const names = both.flatMap((one) => [one?.clients, one?.servers, one?.signers].flatMap(namesIn));
  // Whoever has left is known by the certificates.
  const known = [...new Set([...names, ...[...state.certificates.values()].map(({ identity }) => identity)])];
  if (client !== null && !known.includes(client)) throw unknown("client, server or signer", client, known);
  const repositories = both.flatMap((one) => namesIn(one?.repositories));
  if (repository !== null && !repositories.includes(repository)) throw unknown("repository", repository, repositories);
  if (serial !== null) throw new UserError(`no certificate here has the serial number ${serial}`);
}

function namesIn(section: ReadonlyMap<string, unknown> | undefined): string[] {
  return [...(section?.keys() ?? [])];
}

function unknown(what: string, name: string, known: readonly string[]): UserError {
  const guess = nearest(name, known);
  return new UserError(`there is no ${what} ${name}`, ...(guess === null ? [] : [`Did you mean ${guess}?`]));
}
