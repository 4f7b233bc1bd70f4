import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment } from "./environment.ts";

/** What `openssl genpkey` is asked for. */
export const KEYS = {
  "rsa-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "rsa-4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
  "ec-p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "ec-p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
} as const;

export interface Order {
  readonly subject?: string;
  /** As it goes into the file `serial`. */
  readonly serial?: string;
  /** YYMMDDHHMMSSZ */
  readonly from?: string;
  readonly until?: string;
  /** Section of the configuration with its extensions. */
  readonly extensions?: "client" | "server" | "both" | "none" | "sub_ca";
  readonly key?: keyof typeof KEYS;
  /** The key is with its holder alone. */
  readonly keyAway?: boolean;
  /** There is no request here either. */
  readonly requestAway?: boolean;
}

const SECTIONS = `
[any]
commonName = optional
organizationName = optional
organizationalUnitName = optional
countryName = optional
emailAddress = optional
[client]
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
keyUsage = digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
authorityKeyIdentifier = keyid
subjectAltName = DNS:pkg.example.com
[both]
keyUsage = digitalSignature
extendedKeyUsage = serverAuth, clientAuth
authorityKeyIdentifier = keyid, issuer
subjectAltName = DNS:laptop.example.com, email:a@example.com
[none]
[sub_ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[numbered]
authorityKeyIdentifier = keyid
`;

function openssl(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8", env: environment() });
  if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
}

/** A directory that `openssl ca` works in, as CA.pl lays it out. */
export class DemoCa {
  readonly top: string;

  constructor(top: string, key: keyof typeof KEYS = "ec-p256", passphrase: string | null = null) {
    this.top = top;
    for (const directory of ["newcerts", "private", "certs", "reqs"])
      mkdirSync(this.at(directory), { recursive: true });
    for (const [file, text] of [
      ["index.txt", ""],
      ["index.txt.attr", "unique_subject = no\n"],
      ["serial", "01\n"],
      ["crlnumber", "1000\n"],
    ])
      writeFileSync(this.at(file ?? ""), text ?? "");
    openssl("genpkey", ...KEYS[key], "-out", this.at("private/cakey.pem"));
    this.#configure();
    // The machine's own openssl.cnf: v3_ca, which has no keyUsage.
    openssl(
      "req",
      "-new",
      "-x509",
      "-sha256",
      "-days",
      "3650",
      "-key",
      this.at("private/cakey.pem"),
      "-out",
      this.at("cacert.pem"),
      "-subj",
      "/C=DE/O=Old House/CN=Old CA",
    );
    if (passphrase !== null) this.#seal(passphrase);
  }

  at(path: string): string {
    return join(this.top, path);
  }

  #configure(): void {
    const lines = [
      "[ca]",
      "default_ca = ours",
      "[ours]",
      `dir = ${this.top}`,
      "database = $dir/index.txt",
      "new_certs_dir = $dir/newcerts",
    ];
    lines.push("certificate = $dir/cacert.pem", "private_key = $dir/private/cakey.pem", "serial = $dir/serial");
    lines.push(
      "default_md = sha256",
      "default_days = 400",
      "default_crl_days = 30",
      "policy = any",
      "email_in_dn = yes",
      "unique_subject = no",
    );
    writeFileSync(this.at("ca.cnf"), `${lines.join("\n")}\n${SECTIONS}`);
  }

  #seal(passphrase: string): void {
    writeFileSync(this.at("pass"), passphrase);
    const file = this.at("private/cakey.pem");
    openssl("pkey", "-in", file, "-out", `${file}.new`, "-aes256", "-passout", `file:${this.at("pass")}`);
    writeFileSync(file, readFileSync(`${file}.new`));
    execFileSync("rm", [`${file}.new`]);
  }

  #ca(...args: readonly string[]): void {
    const sealed = existsSync(this.at("pass")) ? ["-passin", `file:${this.at("pass")}`] : [];
    openssl("ca", "-config", this.at("ca.cnf"), "-batch", ...sealed, ...args);
  }

  /** Issues a certificate to certs/FILE.pem; the file's name is the common name unless a subject is given. */
  issue(file: string, order: Order = {}): void {
    const { subject = `/CN=${file}`, serial, from, until, extensions = "client", key = "ec-p256" } = order;
    const keyFile = this.at(`private/${file}.key`);
    if (!existsSync(keyFile)) openssl("genpkey", ...KEYS[key], "-out", keyFile);
    openssl("req", "-new", "-utf8", "-key", keyFile, "-subj", subject, "-out", this.at(`reqs/${file}.csr`));
    if (serial !== undefined) writeFileSync(this.at("serial"), `${serial}\n`);
    const dates = [...(from ? ["-startdate", from] : []), ...(until ? ["-enddate", until] : [])];
    this.#ca(
      ...dates,
      "-extensions",
      extensions,
      "-in",
      this.at(`reqs/${file}.csr`),
      "-out",
      this.at(`certs/${file}.pem`),
    );
    if (order.keyAway) execFileSync("mv", [keyFile, `${this.top}.${file}.key`]);
    if (order.requestAway) execFileSync("rm", [this.at(`reqs/${file}.csr`)]);
  }

  revoke(file: string, reason: string | null = null): void {
    this.#ca("-revoke", this.at(`certs/${file}.pem`), ...(reason === null ? [] : ["-crl_reason", reason]));
  }

  /** Signs the CRL: of version 1, or with the number that crlnumber has. */
  sign(numbered: boolean): void {
    const config = readFileSync(this.at("ca.cnf"), "utf8");
    const more = "crlnumber = $dir/crlnumber\ncrl_extensions = numbered\n[any]";
    if (numbered && !config.includes("crl_extensions")) writeFileSync(this.at("ca.cnf"), config.replace("[any]", more));
    this.#ca("-gencrl", "-out", this.at("crl.pem"));
  }
}

/** openssl's verdict on each of these certificates against a CA and its CRL, whatever the time: `OK`, or its errors. */
export function verdicts(certificates: readonly string[], ca: string, crl: string): Map<string, string> {
  const verify = ["verify", "-crl_check", "-no_check_time", "-CAfile", ca, "-CRLfile", crl];
  const { stdout, stderr } = spawnSync("openssl", [...verify, ...certificates], { encoding: "utf8" });
  const found = new Map(certificates.map((file) => [file, ""]));
  for (const line of stdout.split("\n")) if (line.endsWith(": OK")) found.set(line.slice(0, -4), "OK");
  for (const [, words, file] of stderr.matchAll(
    /^error \d+ at \d depth lookup: (.+)\nerror (.+): verification failed$/gm,
  ))
    found.set(file ?? "", words ?? "");
  return found;
}

const EASYRSA =
  ["/usr/share/easy-rsa/easyrsa", "/usr/share/easy-rsa/3/easyrsa"].find((file) => existsSync(file)) ?? "easyrsa";

/** easy-rsa 3 over a directory of its own. */
export function easyRsa(top: string): (...args: readonly string[]) => void {
  const env = environment({
    EASYRSA_PKI: join(top, "pki"),
    EASYRSA_BATCH: "1",
    EASYRSA_SILENT: "1",
    EASYRSA_CERT_RENEW: "3000",
  });
  mkdirSync(top, { recursive: true });
  return (...args) => {
    const { status, stdout, stderr } = spawnSync(EASYRSA, args, { cwd: top, env, encoding: "utf8" });
    if (status !== 0) throw new Error(`easyrsa ${args.join(" ")}: ${stdout}${stderr}`);
  };
}

/** Every certificate in a directory, absolute. */
export function pemsIn(directory: string): string[] {
  return readdirSync(directory)
    .sort()
    .map((name) => join(directory, name));
}
