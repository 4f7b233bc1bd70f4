import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { bundleFiles } from "../../clients/bundle.ts";
import { type ClientContext, clientContext } from "../../clients/context.ts";
import { CLIENT_KINDS, type ClientKind, kindsFor } from "../../clients/index.ts";
import { tar } from "../../clients/tar.ts";
import { noteDeployment } from "../../deploy/marker.ts";
import * as paths from "../../model/layout.ts";
import { shellWord } from "../../model/printable.ts";
import { UserError } from "../../model/problem.ts";
import type { Registry } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import { nearest } from "../../model/words.ts";
import { encryptTo } from "../../vault/age.ts";
import { openVault } from "../../vault/vault.ts";
import { makePkcs12 } from "../../x509/pkcs12.ts";
import { plainSigning } from "../../x509/signing-file.ts";
import { loadWorkingTree } from "../load.ts";
import { factsOf, type Holder, holderOf, keyOf } from "./client.ts";
import { placeFor, writePrivate } from "./place.ts";
import { signerArchive } from "./signer.ts";

export interface BundleOptions {
  readonly root: string;
  readonly now: Instant;
  readonly name: string;
  /** Kinds with commas between; null: those that its repositories and services call for. */
  readonly kinds: string | null;
  /** The directory to write to. */
  readonly out: string;
  /** For age; null: the archive is in the clear. */
  readonly recipient: string | null;
  /** A file with the CA of servers whose own is not on this machine. */
  readonly serverCa: string | null;
  /** PKCS#12 for old systems. */
  readonly compat: boolean;
  /** Asked for when a PKCS#12 file is made. */
  readonly passphrase: () => Promise<string>;
}

export interface Written {
  /** Absolute. */
  readonly path: string;
  readonly kinds: readonly (ClientKind | "signer")[];
  /** `key`: holds a private key in the clear; `encrypted`: holds one, sealed; `public`: holds none. */
  readonly secrecy: "key" | "encrypted" | "public";
}

/** Writes what one client, or the build machine of a signer, needs. Throws UserError before anything is written. */
export async function bundle(options: BundleOptions): Promise<Written[]> {
  const { root, now, name } = options;
  const loaded = await loadWorkingTree(root, now);
  const signer = signerArchive(root, loaded, name, now);
  if (signer !== null) {
    if (options.kinds !== null) throw new UserError(`${name} is a signer: --for is for clients' programs`);
    return [await writeArchive(options, signer.archive, ["signer"], signer.secrecy)];
  }
  const holder = holderOf(loaded, name, now);
  const { certificate, registry } = holder;
  const signing = (path: string) => plainSigning(loaded.tree.read(path) ?? missing(path));
  const context = clientContext({ registry, name, key: certificate.key, now, signing });
  const kinds = options.kinds === null ? kindsFor(context) : readKinds(options.kinds);
  const key = certificate.key === "managed" ? keyOf(openVault(root, process.env), holder, name) : null;
  const archived = kinds.filter((kind) => kind !== "p12");
  const written: Written[] = [];
  if (kinds.includes("p12")) written.push(await writePkcs12(options, holder, key));
  if (archived.length > 0) {
    const ca = loaded.tree.readText(paths.CA_CERTIFICATE) ?? missing(paths.CA_CERTIFICATE);
    const serverCa = context.serverCa ? serverAuthorities(registry, context, ca, options.serverCa) : null;
    const files = bundleFiles({
      context,
      kinds,
      facts: factsOf(holder, ca),
      credentials: { key, fullchain: holder.fullchain, ca, serverCa },
      scripts: { install: script("install.sh"), renew: script("renew.sh") },
    });
    const secrecy = key === null ? "public" : "key";
    written.push(await writeArchive(options, tar(files, certificate.notBefore), archived, secrecy));
  }
  return written;
}

async function writeArchive(
  { root, out, name, recipient }: BundleOptions,
  archive: Uint8Array,
  kinds: Written["kinds"],
  secrecy: "key" | "public",
): Promise<Written> {
  const file = recipient === null ? `${name}.tar` : `${name}.tar.age`;
  const place = await placeFor(root, out, file);
  await noteDeployment(root, [name]);
  const data = recipient === null ? archive : await encryptTo(recipient, archive);
  const path = await writePrivate(place, file, data);
  return { path, kinds, secrecy: recipient === null ? secrecy : "encrypted" };
}

async function writePkcs12(options: BundleOptions, { fullchain }: Holder, key: Buffer | null): Promise<Written> {
  const { root, out, name, compat } = options;
  if (key === null) {
    throw new UserError(
      `the key of ${name} is its own, and not here`,
      `on the client: openssl pkcs12 -export -inkey key.pem -in fullchain.pem -name ${name} -out ${name}.p12`,
    );
  }
  const file = `${name}.p12`;
  const place = await placeFor(root, out, file);
  await noteDeployment(root, [name]);
  const passphrase = await options.passphrase();
  if (passphrase === "") throw new UserError("an empty passphrase protects nothing");
  const certificates = fullchain.split(/(?<=-----END CERTIFICATE-----\n)/).filter((pem) => pem !== "");
  const keyPem = key.toString("utf8");
  const data = makePkcs12({ keyPem, certificates, friendlyName: name, passphrase, compat, random: randomBytes });
  return { path: await writePrivate(place, file, data), kinds: ["p12"], secrecy: "encrypted" };
}

function readKinds(text: string): ClientKind[] {
  const wanted = text.split(",").map((word) => word.trim());
  for (const word of wanted) {
    if (CLIENT_KINDS.some((kind) => kind === word)) continue;
    const guess = nearest(word, CLIENT_KINDS);
    const hints = guess === null ? [] : [`Did you mean ${guess}?`];
    throw new UserError(`--for: there is no kind "${word}"`, ...hints, `kinds: ${CLIENT_KINDS.join(", ")}`);
  }
  return CLIENT_KINDS.filter((kind) => wanted.includes(kind));
}

/** Whom clients trust for servers: our CA, and those of servers that brought certificates of their own; each once. */
function serverAuthorities(
  registry: Registry,
  { servers, renewal }: ClientContext,
  ours: string,
  given: string | null,
): string {
  const names = new Set([...servers.map(({ name }) => name), ...(renewal === null ? [] : [renewal.server])]);
  const texts = [...names].flatMap((name) => {
    const { certificate = null } = registry.servers.get(name) ?? {};
    if (certificate === "issued") return [ours];
    return certificate === null || certificate.ca === null ? [] : [readAuthority(given ?? certificate.ca, name)];
  });
  const blocks = texts.join("\n").match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return [...new Set(blocks)].map((block) => `${block}\n`).join("");
}

function readAuthority(file: string, server: string): string {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (text.includes("-----BEGIN CERTIFICATE-----") && !text.includes("PRIVATE KEY")) return text;
  throw new UserError(
    `clients of ${server} need its CA, and ${file} on this machine holds no certificate`,
    "copy it here from the server, and name the copy: --server-ca FILE",
  );
}

/** The programs that go into bundles as they are. */
function script(name: string): string {
  return readFileSync(new URL(`../../clients/${name}`, import.meta.url), "utf8");
}

function missing(path: string): never {
  throw new UserError(`${path} is not there`, `bring it back: git checkout HEAD -- ${shellWord(path)}`);
}
