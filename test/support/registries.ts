import fc from "fast-check";
import {
  CUSTODIES,
  KEY_TYPES,
  REASONS,
  REPOSITORY_TYPES,
  type Registry,
  SOFTWARE,
} from "../../scripts/model/registry.ts";
import { MAX_INSTANT } from "../../scripts/model/time.ts";

const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }));
const name = fc.oneof(
  fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,8}$/),
  fc.constantFrom("constructor", "valueof", "2020", "7"),
);
const names = fc.uniqueArray(name, { maxLength: 4 });
const instant = fc.integer({ min: 0, max: MAX_INSTANT });
const duration = fc.nat();
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const settings = {
  key: fc.constantFrom(...KEY_TYPES),
  lifetime: duration,
  renewBefore: duration,
  overlap: orNull(duration),
  shorten: fc.boolean(),
};
const entries = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<string, T>> =>
  fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 4 }).map((pairs) => new Map(pairs));

/** Registries with everything in them that pki/registry.yaml can hold, whether or not clients.yaml could say it. */
export const registries: fc.Arbitrary<Registry> = fc.record({
  authority: fc.record({
    commonName: text,
    organization: text,
    country: orNull(text),
    key: settings.key,
    lifetime: duration,
    root: fc.constant("self"),
    custody: fc.constantFrom(...CUSTODIES),
  }),
  crl: fc.record({ lifetime: duration, renewBefore: duration }),
  limits: fc.record({
    lose: fc.nat(100),
    allow: orNull(fc.record({ lose: fc.nat(), until: instant })),
    signed: fc.boolean(),
  }),
  repositories: entries(
    fc.record({
      type: fc.constantFrom(...REPOSITORY_TYPES),
      path: text,
      root: text,
      suite: orNull(text),
      components: fc.array(text),
      signing: orNull(text),
    }),
  ),
  services: entries(fc.record({ sni: text, connect: text })),
  groups: entries(fc.record({ repositories: names, services: names, sensitive: fc.boolean() })),
  clients: entries(
    fc.record({
      ...settings,
      groups: names,
      csr: fc.boolean(),
      expires: orNull(instant),
      home: orNull(name),
      previously: orNull(name),
      suspended: fc.boolean(),
      reissue: orNull(fc.record({ before: instant, reason: fc.constantFrom(...REASONS) })),
      revoked: orNull(fc.constantFrom(...REASONS)),
      contact: orNull(text),
      organization: text,
      country: orNull(text),
    }),
  ),
  servers: entries(
    fc.record({
      ...settings,
      software: fc.constantFrom(...SOFTWARE),
      names: fc.array(text),
      certificate: fc.oneof(fc.constant("issued" as const), fc.record({ file: text, key: text, ca: orNull(text) })),
      csr: fc.boolean(),
      listen: fc.array(text),
      redirect: fc.array(text),
      url: text,
      repositories: names,
      services: names,
      deploy: fc.oneof(
        fc.record({
          to: fc.constant("local"),
          directory: orNull(text),
          canary: orNull(text),
          said: fc.boolean(),
        }),
        fc.record({ to: fc.constant("ssh"), host: text, directory: orNull(text), canary: orNull(text) }),
        fc.record({ to: fc.constant("pull"), branch: text }),
      ),
      rate: orNull(fc.record({ requests: fc.nat(), per: fc.constantFrom("s", "m"), burst: fc.nat() })),
      backend: orNull(text),
      home: orNull(name),
    }),
  ),
  signers: entries(fc.record({ ...settings, repository: orNull(name), csr: fc.boolean() })),
});
