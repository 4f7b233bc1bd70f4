import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plainEnvironment } from "../system/scratch.ts";
import { SAMPLES } from "./support/keys.ts";
import { entry, Stage } from "./support/stage.ts";

const COMMAND = new URL("../../scripts/guard.ts", import.meta.url).pathname;
/** So many bytes in a row come about by accident in no output, and are useless to anybody. */
const TELLING = 10;

let stage: Stage;

beforeAll(() => {
  stage = new Stage();
  for (const [index, { bytes }] of SAMPLES.entries()) {
    stage.add([entry(`plain/${index}.txt`, bytes), entry(`pki/private/${index}.key`, bytes)]);
    stage.add([entry(`pki/reqs/r${index}.req`, bytes), entry(`pki/certs_by_serial/5${index % 10}.pem`, bytes)]);
  }
  stage.add([
    entry("pki/guard-allow.yaml", SAMPLES[0]?.bytes ?? ""),
    entry("pki/allowed_signers", SAMPLES[1]?.bytes ?? ""),
  ]);
  stage.commit(`x\n\n${SAMPLES[0]?.bytes}`);
});

afterAll(() => stage.remove());

/** Every piece of a key, in whatever form an output might show it. */
function pieces(): Set<string> {
  const all = new Set<string>();
  for (const { bytes, text } of SAMPLES) {
    const forms = [bytes.toString("latin1"), bytes.toString("hex"), bytes.toString("base64")];
    for (const form of text ? forms.slice(0, 1) : forms) {
      // Labels and names of fields tell nothing: only long words do.
      for (const [word] of form.matchAll(/[A-Za-z0-9+/_-]{40,}/g)) {
        for (let at = 0; at + TELLING <= word.length; at += 1) all.add(word.slice(at, at + TELLING));
      }
    }
  }
  return all;
}

describe("no output holds a byte of a key", () => {
  const secret = pieces();

  test.each([
    ["staged", []],
    ["staged, as JSON", ["--json"]],
    ["a range", ["--range", `${"0".repeat(40)}..HEAD`]],
    ["a range, as JSON", ["--range", `${"0".repeat(40)}..HEAD`, "--json"]],
    ["the audit", ["--audit"]],
  ])("%s", (_, args) => {
    const result = spawnSync(process.execPath, [COMMAND, ...args], {
      cwd: stage.root,
      env: plainEnvironment(),
      encoding: "latin1",
      maxBuffer: 2 ** 26,
    });
    expect(result.status).toBe(1);
    expect(result.stdout.length).toBeGreaterThan(1000);
    // Fingerprints and object ids are public.
    const said = (result.stdout + result.stderr).replace(/sha256:[0-9a-f]{64}|\b[0-9a-f]{40}\b/g, "");
    const shown: string[] = [];
    for (let at = 0; at + TELLING <= said.length; at += 1) {
      const piece = said.slice(at, at + TELLING);
      if (secret.has(piece)) shown.push(piece);
    }
    expect(shown).toEqual([]);
  });
});
