import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { publicKeyFacts } from "../../x509/keys.ts";

interface Sealed {
  readonly pem: string;
  readonly file: string;
}

/** The private keys of a directory, by what they are the keys of. Nothing of them is ever shown. */
export class KeyRing {
  readonly #open = new Map<string, string>();
  #sealed: Sealed[] = [];

  add(pem: string, file: string): void {
    if (isSealed(pem)) this.#sealed.push({ pem, file });
    else this.#keep(keyOf(pem));
  }

  #keep(key: KeyObject | null): string | null {
    if (key === null) return null;
    const spki = createPublicKey(key).export({ type: "spki", format: "der" });
    const { fingerprint } = publicKeyFacts(spki);
    this.#open.set(fingerprint, key.export({ type: "pkcs8", format: "pem" }).toString());
    return fingerprint;
  }

  /** PKCS#8 PEM of the key with this fingerprint (see CertificateFacts); undefined where it is not here, or sealed. */
  of(fingerprint: string): string | undefined {
    return this.#open.get(fingerprint);
  }

  /** Files whose keys have a passphrase. */
  get sealed(): readonly string[] {
    return this.#sealed.map(({ file }) => file);
  }

  /** Opens what may be a CA's key by its name. Returns whether the wanted one was among them. */
  unseal(passphrase: string, wanted: string): boolean {
    for (const one of this.#sealed.filter(mayBeCa).slice(0, MOST_TRIED)) {
      if (this.#keep(keyOf(one.pem, passphrase)) !== wanted) continue;
      this.#sealed = this.#sealed.filter((other) => other !== one);
      return true;
    }
    return false;
  }

  /** Whether a key with a passphrase may be the CA's own. */
  get hasSealedCa(): boolean {
    return this.#sealed.some(mayBeCa);
  }
}

/** Each costs as much as the passphrase was made to cost. */
const MOST_TRIED = 8;

/** easy-rsa's ca.key, openssl's cakey.pem, step's root_ca_key, and what people make of these. */
function mayBeCa({ file }: Sealed): boolean {
  return /(?:^|[^a-z])ca(?:[^a-z]|key|$)/i.test(file.slice(file.lastIndexOf("/") + 1));
}

function isSealed(pem: string): boolean {
  return pem.startsWith("-----BEGIN ENCRYPTED ") || /^Proc-Type:\s*4,\s*ENCRYPTED/m.test(pem.slice(0, 400));
}

/** Null for what is no key, or another passphrase's; the reason would quote the key. */
function keyOf(pem: string, passphrase?: string): KeyObject | null {
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    return null;
  }
}
