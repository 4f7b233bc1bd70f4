import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Detection } from "../../scripts/guard/detect/detection.ts";
import { scan } from "../../scripts/guard/detect/scan.ts";
import { zip } from "./support/formats.ts";
import { certificate, DER, ec, ed25519, fingerprint, PEM, rsa, SAMPLES, type Sample } from "./support/keys.ts";
import { BINARY_WRAPPINGS, TEXT_WRAPPINGS, WIDE_WRAPPINGS, type Wrapping } from "./support/wrappings.ts";

const found = (bytes: Buffer | string): Promise<Detection[]> => scan(Buffer.from(bytes));
const levels = async (bytes: Buffer): Promise<string[]> => [...new Set((await scan(bytes)).map(({ level }) => level))];
const codes = async (bytes: Buffer): Promise<string[]> => (await scan(bytes)).map(({ code }) => code);

/** Names of the samples that are not found through a wrapping. */
async function missed(samples: readonly Sample[], { wrap }: Wrapping): Promise<string[]> {
  const names: string[] = [];
  for (const { name, bytes } of samples) if ((await scan(wrap(bytes))).length === 0) names.push(name);
  return names;
}

const TEXTS = SAMPLES.filter(({ text }) => text);

describe("every kind of key", () => {
  test.each(SAMPLES.map((sample) => [sample.name, sample] as const))("%s", async (_, { bytes, level }) => {
    expect(await levels(bytes)).toContain(level);
    if (level === "warn") expect(await levels(bytes)).toEqual(["warn"]);
  });

  test.each([...WIDE_WRAPPINGS, ...TEXT_WRAPPINGS])("that is text is found through $name", async (wrapping) => {
    expect(await missed(TEXTS, wrapping)).toEqual([]);
  });

  test.each(BINARY_WRAPPINGS)("is found through $name", async (wrapping) => {
    expect(await missed(SAMPLES, wrapping)).toEqual([]);
  });

  test("is found through any wrappings, four deep", async () => {
    const sample = fc.constantFrom(...SAMPLES);
    const outer = fc.array(fc.constantFrom(...BINARY_WRAPPINGS), { maxLength: 4 });
    const inner = fc.option(fc.constantFrom(...TEXT_WRAPPINGS, ...WIDE_WRAPPINGS));
    await fc.assert(
      fc.asyncProperty(sample, inner, outer, async (key, first, rest) => {
        const start = first !== null && key.text && rest.length < 4 ? first.wrap(key.bytes) : key.bytes;
        const bytes = rest.reduce((inside, { wrap }) => wrap(inside), start);
        expect(
          (await scan(bytes)).length,
          [key.name, first?.name, ...rest.map(({ name }) => name)].join(" > "),
        ).toBeGreaterThan(0);
      }),
      { numRuns: Number(process.env["GUARD_RUNS"] ?? 150) },
    );
  });
});

const body = PEM.trim().split("\n").slice(1, -1);

describe("a key is found", () => {
  test.each<[string, string | Buffer]>([
    ["with a label nobody has heard of", PEM.replaceAll("PRIVATE KEY", "MADE UP THING")],
    ["with the label of a certificate", PEM.replaceAll("PRIVATE KEY", "CERTIFICATE")],
    ["with a label in lower case", PEM.replace(/-----.*-----/g, (label) => label.toLowerCase())],
    ["without BEGIN", PEM.replace(/^.*\n/, "")],
    ["without END", PEM.replace(/\n-----END.*\n$/, "")],
    ["without both", body.join("\n")],
    ["cut short by a few characters", body.join("\n").slice(0, -8)],
    ["on one line", PEM.replaceAll("\n", "")],
    ["on one line with blanks", PEM.replaceAll("\n", " ")],
    ["in lines of seven characters", body.join("").replace(/(.{7})/g, "$1\n")],
    ["after a sample in documentation", `-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n${PEM}`],
    ["after a certificate", certificate + PEM],
    ["after bytes that are no text", Buffer.concat([randomBytes(1000), Buffer.from(`\n${PEM}`)])],
    ["as xxd prints it", xxd(DER, ": ", "")],
    ["as hexdump -C prints it", xxd(DER, "  ", "|")],
    ["in DER, lengths longer than need be", Buffer.concat([Buffer.from("3084000000", "hex"), DER.subarray(2)])],
    ["in two documents of one archive", Buffer.concat([zip(Buffer.from("x")), zip(Buffer.from(PEM))])],
    ["in a second member of gzip", Buffer.concat([gzipSync("x"), gzipSync(PEM)])],
    ["in gzip that is cut short", gzipSync(Buffer.concat([Buffer.from(PEM), randomBytes(5000)])).subarray(0, -100)],
  ])("%s", async (_, bytes) => {
    expect(await levels(Buffer.from(bytes))).toEqual(["block"]);
  });

  test("in base64url that begins with its own two characters, which is all there is of them", async () => {
    const padded = Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from("PuTTY-User-Key-File-2: ssh-ed25519\n", "utf16le"),
    ]);
    expect(padded.toString("base64url").slice(0, 2)).toBe("__");
    const samples = SAMPLES.filter(({ name }) => name.startsWith("PuTTY"));
    const wide = samples.map(({ bytes }) => Buffer.from(`\ufeff${bytes.toString("latin1")}`, "utf16le"));
    for (const bytes of wide) expect(await scan(Buffer.from(bytes.toString("base64url")))).not.toEqual([]);
  });

  test("with the SHA-256 of its public key, its line, and what is around it", async () => {
    for (const [key, publicKey] of [
      [ec.privateKey, ec.publicKey],
      [ed25519.privateKey, ed25519.publicKey],
      [rsa.privateKey, rsa.publicKey],
    ] as const) {
      const [one, ...rest] = await found(`a\nb\n${key.export({ type: "pkcs8", format: "pem" })}`);
      expect(rest).toEqual([]);
      expect(one).toMatchObject({ publicKey: fingerprint(publicKey), line: 4, via: ["base64"] });
    }
    expect((await found(gzipSync(zip(Buffer.from(PEM)))))[0]).toMatchObject({
      line: null,
      via: ["gzip", "zip", "base64"],
    });
  });

  test("once, however often it stands there and however it is read", async () => {
    expect(await found(PEM.repeat(3))).toHaveLength(1);
  });

  test.each(SAMPLES.filter(({ name }) => /OpenSSH|PuTTY|JWK (?!sym)|XML|DNSSEC|WireGuard/.test(name)))(
    "with a public key of $name",
    async ({ bytes }) => {
      expect((await scan(bytes))[0]?.publicKey).toMatch(/^sha256:[0-9a-f]{64}$/);
    },
  );

  test("at the end of a log of 6 MB, in good time", async () => {
    const line = '2026-11-21T12:00:00Z host nginx[1]: 10.0.0.1 GET /a/b/c?x=1 200 deadbeef "curl/8.0"\n';
    const log = Buffer.from(line.repeat(6_000_000 / line.length) + PEM);
    const start = performance.now();
    expect(await levels(log)).toEqual(["block"]);
    expect(performance.now() - start).toBeLessThan(8000);
  });
});

function xxd(bytes: Buffer, gap: string, fence: string): string {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const groups = row.toString("hex").match(fence === "" ? /.{1,4}/g : /../g) ?? [];
    const shown = row.toString("latin1").replace(/[^ -~]/g, ".");
    rows.push(`${at.toString(16).padStart(8, "0")}${gap}${groups.join(" ")}  ${fence}${shown}${fence}`);
  }
  return `${rows.join("\n")}\n`;
}

describe("limits are findings", () => {
  const nested = (depth: number) =>
    Array.from({ length: depth }).reduce<Buffer>((inside) => gzipSync(inside), Buffer.from(PEM));

  test("archives within archives are looked into, and refused where they are too deep", async () => {
    expect(await codes(nested(4))).toEqual(["PrivateKey"]);
    expect(await codes(nested(9))).toEqual(["TooDeep"]);
  });

  test("what unpacks to far more than it is", async () => {
    expect(await codes(gzipSync(Buffer.alloc(200 * 1024 * 1024)))).toEqual(["TooLarge"]);
  });

  test("an encrypted archive", async () => {
    expect(await codes(zip(Buffer.from(PEM), { flags: 1 }))).toEqual(["Undecided"]);
  });
});

describe("no false alarm", () => {
  test("over random bytes, raw, in base64 and in hex", async () => {
    const runs = Number(process.env["GUARD_RANDOM"] ?? 10_000);
    for (let count = 0; count < runs; count += 1) {
      const bytes = randomBytes(16 + (count % 600));
      const text = count % 3 === 0 ? bytes : Buffer.from(bytes.toString(count % 3 === 1 ? "base64" : "hex"));
      const findings = await scan(text);
      if (findings.length > 0) expect(findings, bytes.toString("hex")).toEqual([]);
    }
  });

  test("over the files of node_modules, but for the real keys in them", async () => {
    const most = Number(process.env["GUARD_FILES"] ?? 1500);
    const files = readdirSync(new URL("../../node_modules", import.meta.url), { recursive: true, withFileTypes: true });
    let searched = 0;
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      if (file.parentPath.includes("node_modules/.")) continue;
      if (!file.isFile() || searched >= most || statSync(path).size > 1_000_000) continue;
      searched += 1;
      for (const detection of await scan(readFileSync(path)))
        expect(isReal(detection), `${path}: ${detection.kind}`).toBe(true);
    }
    expect(searched).toBeGreaterThan(100);
  });
});

/** A key whose public half was derived is one. */
function isReal({ publicKey }: Detection): boolean {
  return publicKey !== null;
}

test("a fingerprint is that of openssl's public key", async () => {
  expect((await scan(Buffer.from(PEM)))[0]?.publicKey).toBe(fingerprint(createPublicKey(createPrivateKey(PEM))));
});
