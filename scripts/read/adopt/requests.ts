import type { CrlEntry } from "../../model/state.ts";
import { derKind } from "../../x509/der-kind.ts";
import { encodePem } from "../../x509/pem.ts";
import { readRequest } from "../../x509/request.ts";
import type { Leaf } from "./leaves.ts";
import type { FoundBytes } from "./source.ts";

/** The requests that lay in a directory, by their keys: those that pki/reqs may have. */
export class Requests {
  readonly #pems = new Map<string, string>();
  readonly #holders = new Map<string, Set<string>>();
  readonly #burnt = new Set<string>();

  constructor(found: readonly FoundBytes[], leaves: readonly Leaf[], revoked: ReadonlyMap<string, CrlEntry>) {
    for (const { facts, subject } of leaves) {
      const holders = this.#holders.get(facts.fingerprint) ?? new Set();
      this.#holders.set(facts.fingerprint, holders.add(subject.commonName ?? facts.subject));
      const reason = revoked.get(facts.serial)?.reason;
      if (reason !== undefined && reason !== "superseded") this.#burnt.add(facts.fingerprint);
    }
    for (const { der } of found) {
      if (derKind(der) !== "request") continue;
      const pem = encodePem("CERTIFICATE REQUEST", der);
      const request = readRequest(Buffer.from(pem));
      if (request.ok) this.#pems.set(request.fingerprint, pem);
    }
  }

  /**
   * PEM of the request for this key; null where there is none, or none that would be certified again: the key is weak,
   * several names have it, or a certificate for it was revoked.
   */
  of(fingerprint: string): string | null {
    if (this.#burnt.has(fingerprint) || (this.#holders.get(fingerprint)?.size ?? 0) > 1) return null;
    return this.#pems.get(fingerprint) ?? null;
  }
}
