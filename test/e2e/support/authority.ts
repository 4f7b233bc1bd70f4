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
  readonly kind?: "client" | "server" | "ca";
  readonly serial?: string;
  /** DNS names of a server. */
  readonly names?: readonly string[];
  /** Whose certificate and key sign, where it is not the authority itself: CA or not, openssl does not ask. */
  readonly by?: Credentials;
}

const CONF = `
[ca]
default_ca = here
[here]
database = ./index.txt
serial = ./serial
new_certs_dir = .
default_md = sha256
default_days = 30
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
} as const;

const IDENTIFIERS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";

/** Somebody else's CA, made with the openssl program. */
export class Authority {
  readonly #directory: string;
  #count = 0;

  /** @param keyIdentifier to claim, `AB:CD:…`; the hash of its own key unless given */
  constructor(directory: string, commonName: string, keyIdentifier = "hash") {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    const files = {
      "openssl.cnf": CONF,
      "index.txt": "",
      "index.txt.attr": "unique_subject = no\n",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    writeFileSync(join(directory, "ca.ext"), `[ext]\n${EXTENSIONS.ca}subjectKeyIdentifier=${keyIdentifier}\n`);
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

  issue({ name, kind = "client", serial, names = [], by }: Wanted): Credentials {
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
    const ca = ["-config", "openssl.cnf", "-batch", "-notext", "-cert", signer.cert, "-keyfile", signer.key];
    const output = ["-in", `${base}.csr`, "-out", `${base}.crt`, "-extfile", `${base}.ext`, "-extensions", "ext"];
    this.#run("ca", ...ca, ...output);
    const chain = by === undefined ? "" : readFileSync(by.cert, "utf8");
    writeFileSync(this.#at(`${base}.crt`), readFileSync(this.#at(`${base}.crt`), "utf8") + chain);
    return { cert: this.#at(`${base}.crt`), key: this.#at(`${base}.key`), serial: number };
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

/** A certificate's subject key identifier, `AB:CD:…`. */
export function keyIdentifierOf(certificate: string): string {
  const args = ["x509", "-in", certificate, "-noout", "-ext", "subjectKeyIdentifier"];
  const { stdout, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (error) throw error;
  const found = /(?:[0-9A-F]{2}:)+[0-9A-F]{2}/.exec(stdout)?.[0];
  if (found === undefined) throw new Error(`no key identifier in ${certificate}`);
  return found;
}
