import type { Duration, Instant } from "../model/time.ts";
import type { ClientContext } from "./context.ts";
import type { ClientKind } from "./index.ts";

/** Of the certificate in a bundle. Fingerprints: `sha256:` and lower-case hex. */
export interface BundleFacts {
  readonly serial: string;
  readonly subject: string;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly renewBefore: Duration;
  /** Of the certificate, of its public key (SubjectPublicKeyInfo), of the authority's certificate. */
  readonly fingerprints: { readonly certificate: string; readonly key: string; readonly authority: string };
}

export interface BundleInput {
  readonly context: ClientContext;
  readonly kinds: readonly ClientKind[];
  readonly facts: BundleFacts;
  /** PEM; the key null where the client has its own, serverCa null where no program needs it. */
  readonly credentials: {
    readonly key: Uint8Array | null;
    readonly fullchain: string;
    readonly ca: string;
    readonly serverCa: string | null;
  };
  /** The sources of install.sh and renew.sh, as they are. */
  readonly scripts: { readonly install: string; readonly renew: string };
}
