import { createHash } from "node:crypto";

/** The principal that marks a key as CI's own: it may sign commits of state, and nothing else. */
export const STATE_PRINCIPAL = "state@gatehouse";

export interface AllowedSigner {
  readonly principals: readonly string[];
  /** `SHA256:…`, as ssh-keygen and git print it. */
  readonly fingerprint: string;
}

const KEY = /(?:^|\s)((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:\s|$)/;

/**
 * Who stands in the file: principals and key of each line. Whether a signature counts is for ssh-keygen to say, which
 * knows of times, namespaces and certificates; a line that cannot be read here is left out.
 */
export function parseSigners(text: string): AllowedSigner[] {
  return text.split("\n").flatMap((line) => {
    const [, principals, rest] = /^\s*("[^"]*"|[^\s#"][^\s]*)[ \t]+(.*)$/.exec(line.replace(/\r$/, "")) ?? [];
    // What an option quotes is no key.
    const key = rest === undefined ? null : KEY.exec(rest.replace(/"[^"]*"/g, ""))?.[2];
    if (principals === undefined || key === null || key === undefined) return [];
    const names = principals.replaceAll('"', "").split(",");
    return [{ principals: names, fingerprint: fingerprintOf(key) }];
  });
}

/** Fingerprints of the keys that any line marks as CI's: a second line for such a key does not make it a person's. */
export function stateKeys(signers: readonly AllowedSigner[]): Set<string> {
  return new Set(signers.filter(isMarked).map(({ fingerprint }) => fingerprint));
}

/** Whether anybody is listed whose signature counts for every change. */
export function namesSomebody(text: string): boolean {
  const signers = parseSigners(text);
  const ci = stateKeys(signers);
  return signers.some(({ fingerprint }) => !ci.has(fingerprint));
}

function isMarked({ principals }: AllowedSigner): boolean {
  return principals.includes(STATE_PRINCIPAL);
}

/** `SHA256:` and the unpadded base64 of the hash of the key's blob (RFC 4253, 6.6; ssh-keygen -l). */
function fingerprintOf(key: string): string {
  const digest = createHash("sha256").update(Buffer.from(key, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}
