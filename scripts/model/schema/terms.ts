/** The words that clients.yaml chooses from. */

export const KEY_TYPES = ["ec-p256", "ec-p384", "rsa-3072", "rsa-4096", "ed25519"] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** Where the key that signs is: pki/private/ca.key, or nowhere in the repository. */
export const CUSTODIES = ["vault", "outside"] as const;

/** Reasons a person may give (RFC 5280, 5.3.1); certificateHold is `suspended`. */
export const REASONS = [
  "keyCompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "privilegeWithdrawn",
  "unspecified",
] as const;
export type Reason = (typeof REASONS)[number];

export const IDENTITY_KINDS = ["client", "server", "signer"] as const;
export type Kind = (typeof IDENTITY_KINDS)[number];

export const REPOSITORY_TYPES = ["pkg", "apt", "pkgsrc", "files"] as const;

/** What can run on a server. What clients.yaml may say of each: software.ts. How each is configured: servers/kinds.ts. */
export const SOFTWARE = ["nginx", "apache", "stunnel", "haproxy"] as const;
export type Software = (typeof SOFTWARE)[number];
