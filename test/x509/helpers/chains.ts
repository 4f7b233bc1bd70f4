import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatInstant, type Instant } from "../../../scripts/model/time.ts";
import { DAY, NOW, type Pair, pair } from "./made.ts";
import { directory, must } from "./programs.ts";

const SKI = "subjectKeyIdentifier=hash";
const CA = ["keyUsage=critical,keyCertSign,cRLSign", SKI];

interface CertificateAsked {
  readonly subject: string;
  readonly key: Pair;
  /** Lines of openssl's configuration. */
  readonly extensions: readonly string[];
  readonly from: Instant;
  readonly until: Instant;
  readonly serial: string;
  readonly digest: string;
}

interface ListAsked {
  /** Whether the list is the other root's, of the same name. */
  readonly other: boolean;
  readonly from: Instant;
  readonly until: Instant;
  readonly numbered: boolean;
  readonly extensions: readonly string[];
  /** Serial, and reason where there is one. */
  readonly revoked: readonly (readonly [serial: string, reason: string])[];
}

export interface ChainAsked {
  readonly root?: Partial<CertificateAsked>;
  readonly issuing?: Partial<CertificateAsked>;
  /** Who signs the issuing certificate: another root that has the same name and key type, or itself. */
  readonly signer?: "other" | "itself";
  readonly list?: Partial<ListAsked>;
}

export interface Chain {
  readonly root: string;
  readonly issuing: string;
  readonly list: string;
  /** Where they lie, as root.pem, issuing.pem, list.pem. */
  readonly at: string;
}

const ROOT: CertificateAsked = {
  subject: "/CN=Example Root/O=Example Ltd",
  key: pair("ec-p256", "root"),
  extensions: ["basicConstraints=critical,CA:TRUE,pathlen:1", ...CA],
  from: NOW - 60,
  until: NOW + 7300 * DAY,
  serial: "40".repeat(16),
  digest: "sha256",
};

const ISSUING: CertificateAsked = {
  subject: "/CN=Example Issuing/O=Example Ltd",
  key: pair("ec-p256", "issuing"),
  extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", ...CA, "authorityKeyIdentifier=keyid:always"],
  from: NOW - 60,
  until: NOW + 3650 * DAY,
  serial: "41".repeat(16),
  digest: "sha256",
};

const LIST: ListAsked = {
  ...{ other: false, from: NOW - 60, until: NOW + 365 * DAY, numbered: true, revoked: [] },
  extensions: ["authorityKeyIdentifier=keyid:always"],
};

/** A root, an authority below it and the root's list, made by openssl: sound but for what is asked. */
export function chain(asked: ChainAsked = {}): Chain {
  const at = directory({ "index.attr": "unique_subject=no\n" });
  const root = { ...ROOT, ...asked.root };
  const issuing = { ...ISSUING, ...asked.issuing };
  selfSigned(at, "root", root);
  const other = { ...root, key: pair("ec-p384", "another root"), serial: "42".repeat(16) };
  if (asked.signer === "other" || asked.list?.other === true) selfSigned(at, "other", other);
  if (asked.signer === "itself") selfSigned(at, "issuing", issuing);
  else
    certify(at, "issuing", issuing, [
      "-cert",
      `${asked.signer ?? "root"}.pem`,
      "-keyfile",
      `${asked.signer ?? "root"}.key`,
    ]);
  sign(at, { ...LIST, ...asked.list });
  const read = (name: string) => must("cat", [`${name}.pem`], at);
  return { root: read("root"), issuing: read("issuing"), list: read("list"), at };
}

const time = (instant: Instant) => formatInstant(instant).replace(/[-:T]/g, "");

function config(at: string, lines: readonly string[], extensions: readonly string[]): void {
  const ca = [
    "[ca]",
    "default_ca=c",
    "[c]",
    "database=index",
    "new_certs_dir=.",
    "policy=p",
    "serial=serial",
    ...lines,
  ];
  const rest = ["[p]", "commonName=optional", "[req]", "distinguished_name=d", "[d]", "[x]", ...extensions];
  writeFileSync(join(at, "ca.cnf"), `${[...ca, ...rest].join("\n")}\n`);
}

function selfSigned(at: string, name: string, asked: CertificateAsked): void {
  certify(at, name, asked, ["-selfsign", "-keyfile", `${name}.key`]);
}

function certify(at: string, name: string, asked: CertificateAsked, signer: readonly string[]): void {
  const { digest, extensions, from, key, serial, subject, until } = asked;
  writeFileSync(join(at, `${name}.key`), key.privateKey.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(join(at, "serial"), `${serial}\n`);
  writeFileSync(join(at, "index"), "");
  config(at, [], extensions);
  must("openssl", ["req", "-new", "-config", "ca.cnf", "-key", `${name}.key`, "-subj", subject, "-out", "a.req"], at);
  const dates = ["-startdate", time(from), "-enddate", time(until)];
  const how = ["-config", "ca.cnf", "-batch", "-notext", "-preserveDN", "-md", digest, "-extensions", "x"];
  must("openssl", ["ca", ...how, ...dates, ...signer, "-in", "a.req", "-out", `${name}.pem`], at);
}

function sign(at: string, { extensions, from, numbered, other, revoked, until }: ListAsked): void {
  const signer = other ? "other" : "root";
  const entry = ([serial, reason]: readonly [string, string]) =>
    ["R", "400101000000Z", `${time(NOW - 30).slice(2)}${reason && ","}${reason}`, serial, "unknown", "/CN=x"].join(
      "\t",
    );
  writeFileSync(join(at, "index"), revoked.map((one) => `${entry(one)}\n`).join(""));
  writeFileSync(join(at, "number"), "01\n");
  const section = extensions.length > 0 ? ["crl_extensions=x"] : [];
  config(at, [...section, ...(numbered ? ["crlnumber=number"] : [])], extensions);
  const dates = ["-crl_lastupdate", time(from), "-crl_nextupdate", time(until)];
  const how = ["-config", "ca.cnf", "-gencrl", "-md", "default", "-cert", `${signer}.pem`, "-keyfile", `${signer}.key`];
  must("openssl", ["ca", ...how, ...dates, "-out", "list.pem"], at);
}
