import fc from "fast-check";

export const DAY = 86_400;
export const NAMES = ["ada", "bob", "cyd", "dan", "eve"] as const;
export const KEYS = ["k1", "k2", "k3", "k4"] as const;

/** An entry of clients.yaml; instants are relative to when it is written. */
export interface Entry {
  readonly csr: (typeof KEYS)[number] | null;
  readonly fields: readonly string[];
  readonly expiresIn: number | null;
  readonly reissueAgo: number | null;
}

export type Step =
  | { readonly kind: "write"; readonly name: string; readonly entry: Entry }
  | { readonly kind: "add"; readonly name: string; readonly field: string }
  | { readonly kind: "bury"; readonly name: string }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  | { readonly kind: "swap"; readonly name: string; readonly key: (typeof KEYS)[number] }
  | { readonly kind: "run"; readonly wait: number }
  | { readonly kind: "kill"; readonly wait: number; readonly before: number };

const name = fc.constantFrom(...NAMES);
const key = fc.constantFrom(...KEYS);
const rarely = <T>(some: fc.Arbitrary<T>) => fc.option(some, { freq: 4 });
const field = fc.constantFrom("suspended: true", "organization: Other", "key: ed25519", "overlap: 2d", "country: DE");
const wait = fc.constantFrom(1, 60, 3600, DAY, 3 * DAY, 10 * DAY, 29 * DAY, 40 * DAY, 100 * DAY);
const entry: fc.Arbitrary<Entry> = fc.record({
  csr: rarely(key),
  fields: fc
    .tuple(
      fc.constantFrom("lifetime: 365d", "lifetime: 60d, renew_before: 20d", "lifetime: 5d, renew_before: 3d"),
      rarely(field),
    )
    .map((fields) => fields.filter((one) => one !== null)),
  expiresIn: rarely(fc.constantFrom(1, DAY, 40 * DAY, 300 * DAY)),
  reissueAgo: rarely(fc.constantFrom(0, DAY)),
});

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("write"), name, entry }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("add"), name, field }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("bury"), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove"), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rename"), name, to: name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("swap"), name, key }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("run"), wait }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill"), wait, before: fc.integer({ min: 1, max: 60 }) }) },
);
