import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files of a certificate (full chain) and its key, and the certificate's serial. */
export interface Credentials {
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
}

export interface Wanted {
  readonly name: string;
  readonly kind?: "client" | "server" | "signer" | "ca";
  readonly serial?: string;
  /** DNS names of a server. */
  readonly names?: readonly string[];
  /** `YYYYMMDDHHMMSSZ` */
  readonly from?: string;
  readonly to?: string;
  /** Whose CA signs: another authority's, made by `issue` with kind `ca`. */
  readonly by?: Credentials;
}

/** `YYMMDDHHMMSSZ` */
export interface CrlTimes {
  readonly from: string;
  readonly to: string;
}

const CONF = `
[ca]
default_ca = here
[here]
database = ./index.txt
serial = ./serial
crlnumber = ./crlnumber
new_certs_dir = .
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = dn
[dn]
`;

const EXTENSIONS = {
  ca: "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n",
  client: "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n",
  server: "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n",
  signer:
    "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning,emailProtection\n",
} as const;

const IDENTIFIERS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";

/** A throwaway CA of the openssl program: the judge's own, so that a mistake of ours is not on both sides. */
export class Authority {
  readonly #directory: string;
  #count = 0;

  constructor(directory: string, commonName: string) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    const files = {
      "openssl.cnf": CONF,
      "index.txt": "",
      "index.txt.attr": "unique_subject = no\n",
      crlnumber: "01\n",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    writeFileSync(join(directory, "ca.ext"), `[ext]\n${EXTENSIONS.ca}subjectKeyIdentifier=hash\n`);
    this.#key("ca");
    this.#run(
      "req",
      "-new",
      "-config",
      "openssl.cnf",
      "-key",
      "ca.key",
      "-subj",
      `/CN=${commonName}/O=Example`,
      "-out",
      "ca.csr",
    );
    this.#run(
      "x509",
      "-req",
      "-in",
      "ca.csr",
      "-key",
      "ca.key",
      "-days",
      "90",
      "-extfile",
      "ca.ext",
      "-extensions",
      "ext",
      "-out",
      "ca.crt",
    );
  }

  get certificate(): string {
    return join(this.#directory, "ca.crt");
  }

  issue({ name, kind = "client", serial, names = [], from, to, by }: Wanted): Credentials {
    this.#count += 1;
    const base = `${this.#count}-${name}`;
    const number = serial ?? `4${randomBytes(16).toString("hex").toUpperCase().slice(1)}`;
    this.#key(base);
    this.#run(
      "req",
      "-new",
      "-config",
      "openssl.cnf",
      "-key",
      `${base}.key`,
      "-subj",
      `/CN=${name}/O=Example`,
      "-out",
      `${base}.csr`,
    );
    const sans = names.length === 0 ? "" : `subjectAltName=${names.map((dns) => `DNS:${dns}`).join(",")}\n`;
    writeFileSync(this.#at(`${base}.ext`), `[ext]\n${EXTENSIONS[kind]}${IDENTIFIERS}${sans}`);
    writeFileSync(this.#at("serial"), `${number}\n`);
    const signer = by ?? { cert: "ca.crt", key: "ca.key" };
    const times = [...(from === undefined ? [] : ["-startdate", from]), ...(to === undefined ? [] : ["-enddate", to])];
    const ca = ["-config", "openssl.cnf", "-batch", "-notext", "-cert", signer.cert, "-keyfile", signer.key];
    const output = ["-in", `${base}.csr`, "-out", `${base}.crt`, "-extfile", `${base}.ext`, "-extensions", "ext"];
    this.#run("ca", ...ca, ...output, ...times);
    const chain = by === undefined ? "" : readFileSync(by.cert, "utf8");
    writeFileSync(this.#at(`${base}.crt`), readFileSync(this.#at(`${base}.crt`), "utf8") + chain);
    return { cert: this.#at(`${base}.crt`), key: this.#at(`${base}.key`), serial: number };
  }

  revoke({ cert }: Credentials): void {
    this.#run("ca", "-config", "openssl.cnf", "-cert", "ca.crt", "-keyfile", "ca.key", "-revoke", cert);
  }

  /** A CRL of what is revoked by now, PEM. */
  crl(times?: CrlTimes): string {
    const ca = ["-config", "openssl.cnf", "-cert", "ca.crt", "-keyfile", "ca.key"];
    const when = times === undefined ? [] : ["-crl_lastupdate", times.from, "-crl_nextupdate", times.to];
    this.#run("ca", ...ca, "-gencrl", "-out", "crl.pem", ...when);
    return readFileSync(this.#at("crl.pem"), "utf8");
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }

  #key(base: string): void {
    this.#run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", `${base}.key`);
  }

  #run(...args: readonly string[]): void {
    const { status, stderr, error } = spawnSync("openssl", args, { cwd: this.#directory, encoding: "utf8" });
    if (error) throw error;
    if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
  }
}
