import {
  type Authority,
  type CertificateSettings,
  type Client,
  type Deploy,
  type Group,
  KEY_TYPES,
  type Rate,
  REASONS,
  REPOSITORY_TYPES,
  type Registry,
  type Repository,
  type Server,
  type Service,
  type Signer,
  SOFTWARE,
} from "./registry.ts";
import {
  duration,
  type Entries,
  flag,
  instant,
  isFields,
  many,
  names,
  object,
  one,
  orNull,
  percent,
  type Section,
  type Shape,
  since,
  text,
  texts,
  type Value,
  type Written,
  whole,
  word,
} from "./schema-values.ts";

// Each section of the registry once, field by field in the order of pki/registry.yaml: how it is kept there, read from
// there, compared and shown. A field of the type that is not here does not compile; one that is not in the type neither.
// A new field is `since`, so that it is no event for whoever does not use it.

const SETTINGS: Shape<CertificateSettings> = {
  key: word(KEY_TYPES),
  lifetime: duration,
  renewBefore: duration,
  overlap: orNull(duration),
};

const authority = object<Authority>({
  commonName: text,
  organization: text,
  country: orNull(text),
  key: word(KEY_TYPES),
  lifetime: duration,
  root: word(["self"]),
});

const crl = object<Registry["crl"]>({ lifetime: duration, renewBefore: duration });

const limits = object<Registry["limits"]>({
  lose: percent,
  allow: orNull(object({ lose: whole, until: instant })),
  signed: flag,
});

const repository = object<Repository>({
  type: word(REPOSITORY_TYPES),
  path: text,
  root: text,
  suite: orNull(text),
  components: texts,
  signing: orNull(text),
});

const service = object<Service>({ sni: text, connect: text });

const group = object<Group>({ repositories: names, services: names, sensitive: flag });

const client = object<Client>({
  groups: names,
  csr: flag,
  expires: orNull(instant),
  home: orNull(text),
  previously: orNull(text),
  suspended: flag,
  reissue: orNull(object({ before: instant, reason: word(REASONS) })),
  revoked: orNull(word(REASONS)),
  contact: orNull(text),
  organization: text,
  country: orNull(text),
  ...SETTINGS,
});

const files = object({ file: text, key: text, ca: orNull(text) });

const certificate: Value<Server["certificate"]> = {
  write: (value) => (value === "issued" ? value : files.write(value)),
  show: (value) => (value === "issued" ? value : files.show(value)),
  read: (value, what) => (value === "issued" ? value : files.read(value, what)),
};

type To<K extends Deploy["to"]> = Extract<Deploy, { readonly to: K }>;

const here = object<To<"local">>({
  to: word(["local"]),
  directory: orNull(text),
  canary: since(orNull(text), null),
  said: since(flag, false),
});
const overSsh = object<To<"ssh">>({
  to: word(["ssh"]),
  host: text,
  directory: orNull(text),
  canary: since(orNull(text), null),
});
const pulled = object<To<"pull">>({ to: word(["pull"]), branch: text });

const deploy: Value<Deploy> = {
  write: (way) => (way.to === "local" ? here.write(way) : way.to === "ssh" ? overSsh.write(way) : pulled.write(way)),
  show: (way) => (way.to === "local" ? here.show(way) : way.to === "ssh" ? overSsh.show(way) : pulled.show(way)),
  read: (value, what) => {
    const to = isFields(value) ? value["to"] : null;
    return (to === "ssh" ? overSsh : to === "pull" ? pulled : here).read(value, what);
  },
};

const limitOfRate = object<Rate>({ requests: whole, per: word(["s", "m"]), burst: whole });

const rate: Value<Rate | null> = {
  ...orNull(limitOfRate),
  showFields: (value): Written =>
    value === null ? {} : { rate: `${value.requests}r/${value.per}`, burst: value.burst },
};

const server = object<Server>({
  software: word(SOFTWARE),
  names: texts,
  certificate,
  csr: flag,
  listen: texts,
  redirect: texts,
  url: text,
  repositories: names,
  services: names,
  deploy,
  ...SETTINGS,
  rate: since(rate, null),
  home: since(orNull(text), null),
  backend: since(orNull(text), null),
});

const signer = object<Signer>({ repository: orNull(text), csr: flag, ...SETTINGS });

/** Every section, in the order of pki/registry.yaml. What is not here is neither kept nor shown. */
const SECTIONS: { readonly [S in keyof Registry]: Section<Registry[S]> } = {
  authority: one("authority", authority),
  crl: one("crl", crl),
  limits: one("limits", limits),
  repositories: many(repository),
  services: many(service),
  groups: many(group),
  clients: many(client),
  servers: many(server),
  signers: many(signer),
};

/** The registry as pki/registry.yaml keeps it. */
export const REGISTRY = object<Registry>(SECTIONS);

export type SectionName = keyof Registry;
export const SECTION_NAMES = Object.keys(SECTIONS) as readonly SectionName[];

export function sectionOf<S extends SectionName>(registry: Registry, name: S): Entries {
  const section: Section<Registry[S]> = SECTIONS[name];
  return section.entries(registry[name]);
}
