import { createHash, X509Certificate } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ManifestInput, renderManifest } from "../../../scripts/deploy/manifest.ts";
import type { ReleaseFile } from "../../../scripts/model/release.ts";
import type { Instant } from "../../../scripts/model/time.ts";
import { readCrl } from "../../../scripts/x509/crl-reader.ts";

export interface Made {
  readonly id: string;
  readonly path: string;
  readonly commit: string;
}

export interface Wanted {
  /** A directory like pki/. */
  readonly pki: string;
  /** Which commit it is of: 0 is the first, and each has all before it as ancestors. */
  readonly commit: number;
  /** Changes files before they are listed. `path` is from the top of the release. */
  readonly edit?: (files: Map<string, string>) => void;
  /** Other words of the manifest. */
  readonly manifest?: Partial<ManifestInput>;
  /** Directories that must be there. */
  readonly roots?: readonly string[];
  readonly port: number;
}

/** The commits of a history that never was. */
const commitOf = (number: number): string => createHash("sha1").update(`commit ${number}`).digest("hex");

const BEGIN: Instant = 1_790_000_000;

/** Lays out a release of a server, as `deploy` makes it, below a directory. */
export function makeRelease(into: string, server: string, wanted: Wanted): Made {
  const { pki, commit, port } = wanted;
  const { software = "nginx" } = wanted.manifest ?? {};
  const rendered = statSync(join(pki, software), { throwIfNoEntry: false }) !== undefined;
  const directory = rendered && software !== "stunnel" ? software : "nginx";
  const files = new Map(filesOf(pki, server, directory).map((path) => [path, readFileSync(join(pki, path), "utf8")]));
  withMarker(files);
  wanted.edit?.(files);
  const listed = [...files].map(
    ([path, text]): ReleaseFile => ({
      path,
      mode: path.startsWith("private/") ? 0o600 : 0o644,
      data: Buffer.from(text),
    }),
  );
  const { id, text } = renderManifest({
    server,
    software: "nginx",
    commit: commitOf(commit),
    time: BEGIN + commit,
    crl: wanted.manifest?.crl ?? readCrl(files.get("crl.pem") ?? "").number,
    probe: { name: server, port },
    roots: wanted.roots ?? [],
    ancestors: Array.from({ length: commit }, (_, n) => commitOf(commit - n - 1)),
    revoked: revokedIn(pki),
    held: serialsIn(join(pki, "held")),
    files: listed,
    ...wanted.manifest,
  });
  const path = join(into, id);
  for (const file of [...listed, { path: "manifest", mode: 0o644, data: Buffer.from(text) }]) {
    const target = join(path, file.path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, file.data);
    chmodSync(target, file.mode);
  }
  return { id, path, commit: commitOf(commit) };
}

/** A copy of the release, for a test to spoil. */
export function copyOf(made: Made, beside: string): Made {
  cpSync(made.path, beside, { recursive: true });
  return { ...made, path: beside };
}

function filesOf(pki: string, server: string, software: string): string[] {
  const below = (directory: string) =>
    readdirSync(join(pki, directory), { recursive: true, encoding: "utf8" })
      .map((name) => `${directory}/${name}`)
      .filter((path) => statSync(join(pki, path)).isFile())
      .filter(
        (path) =>
          !/[/](?:servers|include)[/]/.test(path) || (/[.](?:conf|cfg)$/.test(path) && path.includes(`/${server}.c`)),
      );
  return ["ca.crt", "crl.pem", `issued/${server}.crt`, `private/${server}.key`, ...below(software)];
}

/** Where the configuration has no place for the generation marker yet, it gets one. */
function withMarker(files: Map<string, string>): void {
  const conf = files.get("nginx/nginx.conf") ?? "";
  if (conf === "" || conf.includes("generation*.conf")) return;
  files.set("nginx/nginx.conf", conf.replace("include servers/", "include generation*.conf;\n    include servers/"));
}

function serialsIn(directory: string): string[] {
  return statSync(directory, { throwIfNoEntry: false })
    ? readdirSync(directory).map((name) => name.replace(/[.]yaml$/, ""))
    : [];
}

function revokedIn(pki: string): { serial: string; notAfter: Instant }[] {
  return serialsIn(join(pki, "revoked")).map((serial) => {
    const { validTo } = new X509Certificate(readFileSync(join(pki, `certs_by_serial/${serial}.pem`)));
    return { serial, notAfter: Date.parse(validTo) / 1000 };
  });
}
