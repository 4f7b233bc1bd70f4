import type { DerivedFile } from "../model/derived.ts";
import * as paths from "../model/layout.ts";
import { type Registry, SOFTWARE } from "../model/registry.ts";
import type { Certificate, State } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import { renderIndex } from "../x509/index-txt.ts";
import { SERVER_KINDS } from "./all-kinds.ts";
import type { RenewalOffer } from "./kind.ts";

export interface DeriveInput {
  readonly registry: Registry;
  readonly state: State;
  readonly now: Instant;
  /** Certificates that are neither ended, revoked nor held, with whom they belong to; an identity's oldest first. */
  readonly valid: readonly { readonly certificate: Certificate; readonly identity: string }[];
  readonly renewals: readonly RenewalOffer[];
}

/** The derived files of DESIGN 3, all but pki/registry.yaml: functions of registry, state and instant, byte for byte. */
export function deriveFiles({ registry, state, now, valid, renewals }: DeriveInput): DerivedFile[] {
  const newest = new Map<string, Certificate>();
  for (const { certificate, identity } of valid) newest.set(identity, certificate);
  const files: DerivedFile[] = [];
  for (const [identity, certificate] of newest) {
    files.push({ path: paths.path.issued(identity), text: certificate.pem });
    if (certificate.key === "managed") {
      files.push({ path: paths.path.key(identity), copyOf: paths.path.keyBySerial(certificate.serial) });
    }
  }
  files.push({ path: paths.INDEX, text: renderIndex(state, now) });
  files.push({ path: paths.INDEX_ATTR, text: "unique_subject = no\n" });
  const admitted = valid
    .filter((one) => one.certificate.kind === "client")
    .map((one) => ({ serial: one.certificate.serial, client: one.identity }));
  const issuedServers = [...newest.keys()].filter((name) => registry.servers.has(name));
  const authority = state.authority?.pem ?? null;
  const input = { registry, now, authority, valid, admitted, renewals, issuedServers };
  return [...files, ...SOFTWARE.flatMap((software) => SERVER_KINDS[software].render(input))];
}
