import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { look, mend, type Prepared, plainly, prepare } from "./prepared.ts";

let directory = "";
let made: Prepared | null = null;

/** One prepared repository for the tests of a file. */
export function usePrepared(): void {
  beforeAll(async () => {
    plainly();
    directory = mkdtempSync(join(tmpdir(), "gatehouse-check-"));
    made = await prepare(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
}

export function prepared(): Prepared {
  if (made === null) throw new Error("nothing is prepared yet");
  return made;
}

export const exportedKey = () => join(directory, "exported.key");

/** An empty directory that is gone after the test. */
export function scratch(): string {
  const parent = mkdtempSync(join(tmpdir(), "gatehouse check "));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return parent;
}

/** The prepared repository, to be tampered with. */
export function copy(): string {
  const root = join(scratch(), "repository");
  execFileSync("cp", ["-a", prepared().root, root]);
  return root;
}

export const certificate = (name: string) => `pki/certs_by_serial/${prepared().serial(name)}.pem`;
export const key = (name: string) => `pki/private/by_serial/${prepared().serial(name)}.key`;
export const revocation = () => `pki/revoked/${prepared().serial("mallory")}.yaml`;
export const remove = (root: string, path: string) => rmSync(join(root, path));

export function pem(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The same PEM with one bit of the signature, at the very end of the DER, turned over. */
export function forge(text: string): string {
  const start = text.indexOf("-----BEGIN");
  const der = Buffer.from(text.slice(start).replace(/-----[A-Z0-9 ]+-----|\n/g, ""), "base64");
  der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
  const body = (der.toString("base64").match(/.{1,64}/g) ?? []).join("\n");
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(text)?.[1];
  return `${text.slice(0, start)}-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

export interface Tampering {
  readonly tamper: (root: string) => unknown;
  readonly code: string;
  readonly path: () => string;
  readonly level?: "warn";
  /** `none`: no command mends it. `unrun`: one does, but not by itself. */
  readonly fix?: "none" | "unrun";
}

export const at = (path: string) => () => path;

/** One test for each: found as this and nothing else, and mended by the command that the finding names. */
export function testTamperings(table: Readonly<Record<string, Tampering>>): void {
  test.each(Object.entries(table))("%s: found, alone, and what is said mends it", async (_, one) => {
    const root = copy();
    await one.tamper(root);
    const { findings } = await look(root);
    expect(findings.map(({ code, level, path }) => ({ code, level, path }))).toEqual([
      { code: one.code, level: one.level ?? "block", path: one.path() },
    ]);
    const fix = findings[0]?.fix ?? null;
    expect(fix === null).toBe(one.fix === "none");
    if (fix === null || one.fix === "unrun") return;
    await mend(root, fix);
    expect((await look(root)).findings).toEqual([]);
  });
}
