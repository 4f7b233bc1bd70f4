import { spawnSync } from "node:child_process";
import { parse } from "yaml";
import { Rendered } from "../../servers/nginx-reader.ts";
import { below, textAt } from "./files.ts";
import type { Files, Objects } from "./objects.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Section = Readonly<Record<string, Json>>;
export type Sections = Readonly<Record<string, Json>>;

/** What a tree says, read as servers and other programs read it: nothing of Gatehouse's own readers or planner. */
export interface Reading {
  /** clients.yaml, parsed as YAML; empty where that fails. */
  readonly registry: Sections;
  /** pki/registry.yaml: every default filled in. */
  readonly carriedOut: Sections;
  /** Client → the repositories whose gates let its roles in. Those on the allow-list alone. */
  readonly reach: ReadonlyMap<string, readonly string[]>;
  /** Client → path at /home/. */
  readonly homes: ReadonlyMap<string, string>;
  /** Serial → identity and PEM. */
  readonly certificates: ReadonlyMap<string, { readonly identity: string; readonly pem: string }>;
  readonly revoked: ReadonlyMap<string, string>;
  readonly held: ReadonlySet<string>;
  readonly crl: { readonly number: number; readonly entries: ReadonlyMap<string, string> };
}

const readings = new WeakMap<Files, Reading>();

/** Each tree once: main is often read as it was, and as it would be. */
export function readTree(objects: Objects, files: Files): Reading {
  const known = readings.get(files) ?? read(objects, files);
  readings.set(files, known);
  return known;
}

/** The same where nobody can read clients.yaml: what was carried out last is in force, and stands for it. */
export function readInForce(objects: Objects, files: Files): Reading {
  const reading = readTree(objects, files);
  return { ...reading, registry: inYaml(reading.carriedOut) };
}

function read(objects: Objects, files: Files): Reading {
  const text = (path: string) => textAt(objects, files, path) ?? "";
  const named = (directory: string, end: string) =>
    below(files, directory).map((path) => [path.slice(directory.length + 1, -end.length), text(path)] as const);
  const carriedOut = inside(text("pki/registry.yaml"))["registry"];
  return {
    registry: sections(text("clients.yaml")),
    carriedOut: isSection(carriedOut) ? carriedOut : {},
    ...allowed(objects, files),
    certificates: new Map(
      named("pki/certs_by_serial", ".pem").map(([serial, pem]) => {
        return [serial, { identity: /^identity: (.+)$/m.exec(pem)?.[1] ?? "", pem }];
      }),
    ),
    revoked: new Map(named("pki/revoked", ".yaml").map(([serial, fact]) => [serial, String(sections(fact)["reason"])])),
    held: new Set(named("pki/held", ".yaml").map(([serial]) => serial)),
    crl: readCrl(text("pki/crl.pem")),
  };
}

/** `renewBefore` as people write it: `renew_before`. */
export function inYaml(value: Sections): Sections {
  const name = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const inside = (entry: Json): Json => {
    if (!isSection(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).map(([key, field]) => [name(key), inside(field)]));
  };
  return Object.fromEntries(Object.entries(value).map(([section, entry]) => [section, inside(entry)]));
}

export function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A comment, and JSON: what YAML takes ten times as long for. */
function inside(text: string): Sections {
  try {
    const value: unknown = JSON.parse(text.replace(/^#.*/gm, ""));
    return isSection(value) ? value : {};
  } catch {
    return {};
  }
}

function sections(text: string): Sections {
  try {
    const value: unknown = parse(text);
    return isSection(value) ? value : {};
  } catch {
    return {};
  }
}

/** Who may enter, by the maps and gates that nginx reads. */
function allowed(objects: Objects, files: Files): Pick<Reading, "reach" | "homes"> {
  const paths = below(files, "pki/nginx");
  const rendered = new Rendered(paths.map((path) => ({ path, text: textAt(objects, files, path) ?? "" })));
  const gates = paths.flatMap((path) => /^pki\/nginx\/gates\/(.+)\.conf$/.exec(path)?.[1] ?? []);
  const reach = new Map<string, readonly string[]>();
  const homes = new Map<string, string>();
  if (!paths.includes("pki/nginx/clients.map")) return { reach, homes };
  const [roles, home] = [rendered.map("roles.map"), rendered.map("homes.map")];
  for (const [serial, client] of rendered.map("clients.map")) {
    reach.set(client, gates.filter((gate) => rendered.opens(gate, roles.get(serial) ?? "")).sort());
    const path = home.get(serial);
    if (path !== undefined) homes.set(client, path);
  }
  return { reach, homes };
}

const crls = new Map<string, Reading["crl"]>();

/** As openssl reads it; each once. */
function readCrl(pem: string): Reading["crl"] {
  const known = crls.get(pem) ?? askOpenssl(pem);
  crls.set(pem, known);
  return known;
}

function askOpenssl(pem: string): Reading["crl"] {
  const { stdout, error } = spawnSync("openssl", ["crl", "-noout", "-text"], { input: pem, encoding: "utf8" });
  if (error) throw error;
  const entries = new Map<string, string>();
  for (const block of stdout.split(/^ {4}Serial Number: /m).slice(1)) {
    const serial = /^[0-9A-F]+/.exec(block)?.[0] ?? "";
    entries.set(serial, /CRL Reason Code: *\n +(.+)/.exec(block)?.[1]?.trim() ?? "");
  }
  return { number: Number(/CRL Number: *\n +(\S+)/.exec(stdout)?.[1] ?? ""), entries };
}
