import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseInstant } from "../../../scripts/model/time.ts";
import { NOON, type Ran, type Repository } from "./repository.ts";

function openssl(args: readonly string[], cwd?: string): { code: number | null; text: string } {
  const { status, stdout, stderr, error } = spawnSync("openssl", args, { encoding: "utf8", cwd });
  if (error) throw error;
  return { code: status, text: stdout + stderr };
}

/** openssl's verdict on a certificate as of an instant, against authority and CRL: `OK` or its errors. */
export function verdict(repository: Repository, certificate: string, at: string = NOON): string {
  const trust = ["-CAfile", repository.at("pki/ca.crt"), "-CRLfile", repository.at("pki/crl.pem")];
  const when = ["-attime", String(parseInstant(at))];
  const { text } = openssl(["verify", "-x509_strict", "-crl_check_all", ...trust, ...when, repository.at(certificate)]);
  const errors = [...text.matchAll(/^error \d+ at \d depth lookup: (.+)$/gm)].map(([, words]) => words);
  return errors.length === 0 && text.includes(": OK") ? "OK" : errors.join("; ");
}

export interface CrlAsRead {
  readonly number: number;
  /** Serial → reason in openssl's words; none: ``. */
  readonly entries: ReadonlyMap<string, string>;
  readonly verified: boolean;
}

/** The CRL as openssl reads it. */
export function readCrl(repository: Repository): CrlAsRead {
  const { text } = openssl([
    ...["crl", "-in", repository.at("pki/crl.pem"), "-noout", "-text", "-CAfile", repository.at("pki/ca.crt")],
  ]);
  const entries = new Map<string, string>();
  for (const block of text.split(/^ {4}Serial Number: /m).slice(1)) {
    const serial = /^[0-9A-F]+/.exec(block)?.[0] ?? "";
    entries.set(serial, /CRL Reason Code: *\n +(.+)/.exec(block)?.[1]?.trim() ?? "");
  }
  const number = /CRL Number: *\n +(\S+)/.exec(text)?.[1] ?? "";
  return { number: Number(number), entries, verified: text.includes("verify OK") };
}

/** `openssl ca` over the repository's own index.txt: its words on a serial, and the CRL it would make. */
export class OpensslCa implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), "openssl-ca-"));
  readonly #root: string;

  constructor(repository: Repository) {
    this.#root = repository.root;
    const lines = ["[ca]", "default_ca = ours", "[ours]", `database = ${repository.at("pki/index.txt")}`];
    lines.push("default_md = sha384", "default_crl_days = 30", "policy = any", `new_certs_dir = ${this.#directory}`);
    lines.push(`certificate = ${repository.at("pki/ca.crt")}`, `private_key = ${repository.at("pki/private/ca.key")}`);
    writeFileSync(join(this.#directory, "ca.cnf"), `${lines.join("\n")}\n[any]\ncommonName = supplied\n`);
  }

  #run(...args: readonly string[]) {
    return openssl(["ca", "-config", join(this.#directory, "ca.cnf"), ...args], this.#root);
  }

  /** `Valid (V)`, `Revoked (R)`, … */
  status(serial: string): string {
    return new RegExp(`^${serial}=(.+)$`, "m").exec(this.#run("-status", serial).text)?.[1] ?? "";
  }

  /** Serials on the CRL that openssl would sign. */
  crl(): string[] {
    const file = join(this.#directory, "crl.pem");
    const made = this.#run("-gencrl", "-out", file);
    if (made.code !== 0) throw new Error(made.text);
    const { text } = openssl(["crl", "-in", file, "-noout", "-text"]);
    return [...text.matchAll(/^ {4}Serial Number: ([0-9A-F]+)$/gm)].map(([, serial]) => serial ?? "").sort();
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true });
  }
}

export interface IssuedFile {
  readonly serial: string;
  readonly identity: string;
  readonly reason: string;
}

/** Every certificate ever issued, by the lines before its PEM block. */
export function certificates(repository: Repository): IssuedFile[] {
  return repository.list("pki/certs_by_serial").map((file) => {
    const text = repository.read(`pki/certs_by_serial/${file}`);
    const line = (name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(text)?.[1] ?? "";
    return { serial: file.replace(".pem", ""), identity: line("identity"), reason: line("reason") };
  });
}

/** The serials of one identity. */
export function serialsOf(repository: Repository, identity: string): string[] {
  return certificates(repository)
    .filter((one) => one.identity === identity)
    .map(({ serial }) => serial);
}

/** The one serial of an identity that has exactly one certificate. */
export function serialOf(repository: Repository, identity: string): string {
  const serials = serialsOf(repository, identity);
  const [only] = serials;
  if (only === undefined || serials.length > 1) throw new Error(`${identity} has ${serials.length} certificates`);
  return only;
}

/** A key and a request made by openssl; the key stays beside the repository. `arguments` as for `openssl req`. */
export function makeRequest(repository: Repository, name: string, ...extra: readonly string[]): string {
  const key = repository.beside(`${name}.key`);
  const given = extra.includes("-key") || extra.includes("-newkey");
  const newKey = given ? [] : ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const files = extra.includes("-key") ? [] : ["-nodes", "-keyout", key];
  const { code, text } = openssl(["req", "-new", ...newKey, ...files, "-subj", `/CN=${name}`, ...extra]);
  if (code !== 0) throw new Error(text);
  const pem = /-----BEGIN CERTIFICATE REQUEST-----[\s\S]+?-----END CERTIFICATE REQUEST-----\n/.exec(text)?.[0];
  if (pem === undefined) throw new Error(text);
  repository.write(`pki/reqs/${name}.req`, pem);
  return key;
}

/** The public key of a file as openssl prints it. */
export function publicKey(kind: "x509" | "pkey", file: string): string {
  const { code, text } = openssl(
    kind === "x509" ? ["x509", "-in", file, "-noout", "-pubkey"] : ["pkey", "-in", file, "-pubout"],
  );
  if (code !== 0) throw new Error(text);
  return text;
}

export interface PlanJson {
  readonly asOf: string;
  readonly digest: string;
  readonly base: string | null;
  readonly summary: Readonly<Record<string, number>>;
  readonly changes: readonly Readonly<Record<string, unknown>>[];
  readonly access: readonly Readonly<Record<string, unknown>>[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly refusals: readonly { readonly code: string; readonly message: string }[];
}

/** What a command printed with --json. */
export function planOf({ stdout, stderr }: Ran): PlanJson {
  if (stdout === "") throw new Error(`no JSON on stdout; stderr: ${stderr}`);
  return JSON.parse(stdout);
}

/** `kind identity reason` of the decisions in a plan, files left out: what a reader would call the plan. */
export function decisions({ changes }: PlanJson): string[] {
  return changes
    .filter(({ kind }) => kind !== "file" && kind !== "crl")
    .map(({ kind, identity, name, cause, reason }) =>
      [kind, identity ?? name, cause ?? reason].filter((word) => word !== undefined).join(" "),
    );
}
