import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Detection } from "../../scripts/guard/detect/detection.ts";
import { scan } from "../../scripts/guard/detect/scan.ts";
import { Dice, HARMLESS } from "./support/harmless.ts";
import { certificate, ec, ed25519, pgp, request, rsa } from "./support/keys.ts";

const asked = process.env["GUARD_FILES"];
const FILES = Number(asked ?? 4_000);
/** Of real files, what there is time for. */
const SECONDS = asked === undefined ? 3 : 36_000;
/** Larger ones are packages and programs. */
const LARGEST = asked === undefined ? 300_000 : 5_000_000;

describe("nothing is found where no key is", () => {
  const kinds = Object.entries(HARMLESS);

  test(`in ${FILES} files that look like those of repositories`, async () => {
    const alarms: string[] = [];
    for (let seed = 0; seed < FILES; seed += 1) {
      const [kind, make] = kinds[seed % kinds.length] as (typeof kinds)[number];
      for (const detection of await scan(Buffer.from(make(new Dice(seed)))))
        alarms.push(`${kind} ${seed}: ${detection.kind}`);
    }
    expect(alarms).toEqual([]);
  });

  test("in public keys, certificates and requests of all kinds", async () => {
    const keys = [rsa, ec, ed25519].flatMap(({ publicKey }) => [
      publicKey.export({ type: "spki", format: "pem" }),
      publicKey.export({ type: "spki", format: "der" }),
      JSON.stringify(publicKey.export({ format: "jwk" })),
    ]);
    for (const bytes of [...keys, certificate, request, pgp.publicKey, pgp.message])
      expect(await scan(Buffer.from(bytes))).toEqual([]);
  });

  test("in the files of this system, as far as there is time, but for real keys", { timeout: 600_000 }, async () => {
    const places = ["../../node_modules", "../../scripts", "../../docs"].map((path) =>
      fileURLToPath(new URL(path, import.meta.url)),
    );
    const end = performance.now() + SECONDS * 1000;
    const walks = [...places, "/usr/share"].map((place) => filesIn(place));
    const alarms: string[] = [];
    for (let turn = 0; walks.length > 0 && performance.now() < end; turn += 1) {
      const { value, done } = (walks[turn % walks.length] as Generator<string>).next();
      if (done === true) walks.splice(turn % walks.length, 1);
      else
        for (const found of await scan(readFileSync(value), [value]))
          if (!isReal(found)) alarms.push(`${value}: ${found.kind}`);
    }
    expect(alarms).toEqual([]);
  });
});

/** A key whose public half was derived is one, and so is what a known passphrase opened. */
function isReal({ publicKey, kind }: Detection): boolean {
  return publicKey !== null || kind.includes(" behind ");
}

function* filesIn(directory: string): Generator<string> {
  let entries: Dirent[] = [];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    // somebody else's
  }
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile() && statSync(path).size <= LARGEST) yield path;
  }
}
