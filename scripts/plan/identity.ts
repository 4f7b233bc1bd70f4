import {
  type CertificateSettings,
  type Client,
  formatSubject,
  type KeyType,
  type Kind,
  type Reason,
  type Registry,
  type Server,
  type Signer,
} from "../model/registry.ts";
import type { Duration, Instant } from "../model/time.ts";

/** What the registry asks for one holder of certificates, whichever of the three kinds it is. */
export interface Identity {
  readonly name: string;
  readonly kind: Kind;
  readonly key: KeyType;
  readonly lifetime: Duration;
  readonly renewBefore: Duration;
  readonly overlap: Duration | null;
  readonly shorten: boolean;
  readonly subject: { readonly commonName: string; readonly organization: string; readonly country: string | null };
  /** The subject as text, as formatSubject writes it. */
  readonly subjectText: string;
  /** subjectAltName; empty but for servers. */
  readonly names: readonly string[];
  readonly csr: boolean;
  /** False where pkg_install verifies what it signs, which knows no Ed25519. */
  readonly ed25519: boolean;
  readonly expires: Instant | null;
  readonly previously: string | null;
  readonly suspended: boolean;
  readonly reissue: { readonly before: Instant; readonly reason: Reason } | null;
  readonly revoked: Reason | null;
}

/** Every identity that holds certificates of ours, by name. Servers that bring their own are not among them. */
export function identitiesOf(registry: Registry): ReadonlyMap<string, Identity> {
  const known = KNOWN.get(registry);
  if (known !== undefined) return known;
  const identities = makeIdentities(registry);
  KNOWN.set(registry, identities);
  return identities;
}

/** A run asks several times about one registry. */
const KNOWN = new WeakMap<Registry, ReadonlyMap<string, Identity>>();

function makeIdentities(registry: Registry): Map<string, Identity> {
  const { organization, country } = registry.authority;
  const identities = new Map<string, Identity>();
  for (const [name, client] of registry.clients) identities.set(name, ofClient(name, client));
  for (const [name, server] of registry.servers) {
    if (server.certificate === "issued")
      identities.set(name, ofHost("server", name, server, server.names, organization, country));
  }
  for (const [name, signer] of registry.signers) {
    const type = signer.repository === null ? undefined : registry.repositories.get(signer.repository)?.type;
    const identity = ofHost("signer", name, signer, [], organization, country);
    identities.set(name, { ...identity, ed25519: type !== "pkgsrc" });
  }
  return identities;
}

function ofClient(name: string, client: Client): Identity {
  return {
    ...settingsOf(client),
    name,
    kind: "client",
    subject: { commonName: name, organization: client.organization, country: client.country },
    subjectText: formatSubject(name, client.organization, client.country),
    names: [],
    csr: client.csr,
    ed25519: true,
    expires: client.expires,
    previously: client.previously,
    suspended: client.suspended,
    reissue: client.reissue,
    revoked: client.revoked,
  };
}

function ofHost(
  kind: "server" | "signer",
  name: string,
  host: Server | Signer,
  names: readonly string[],
  organization: string,
  country: string | null,
): Identity {
  return {
    ...settingsOf(host),
    name,
    kind,
    subject: { commonName: name, organization, country },
    subjectText: formatSubject(name, organization, country),
    names,
    csr: host.csr,
    ed25519: true,
    expires: null,
    previously: null,
    suspended: false,
    reissue: null,
    revoked: null,
  };
}

function settingsOf(settings: CertificateSettings): CertificateSettings {
  const { key, lifetime, renewBefore, overlap, shorten } = settings;
  return { key, lifetime, renewBefore, overlap, shorten };
}
