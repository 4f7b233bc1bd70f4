import { createPrivateKey, createPublicKey, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Detection } from "../../scripts/guard/detect/detection.ts";
import { scan } from "../../scripts/guard/detect/scan.ts";
import { zip } from "./support/formats.ts";
import { certificate, DER, ec, ed25519, fingerprint, PEM, rsa, SAMPLES } from "./support/keys.ts";
import { BINARY_WRAPPINGS, TEXT_WRAPPINGS, WIDE_WRAPPINGS } from "./support/wrappings.ts";

const found = (bytes: Buffer | string): Detection[] => scan(Buffer.from(bytes));
const levels = (bytes: Buffer): string[] => [...new Set(scan(bytes).map(({ level }) => level))];

const TEXTS = SAMPLES.filter(({ text }) => text);

describe("every kind of key", () => {
  test.each(SAMPLES.map((sample) => [sample.name, sample] as const))("%s", (_, { bytes, level }) => {
    expect(levels(bytes)).toContain(level);
    if (level === "warn") expect(levels(bytes)).toEqual(["warn"]);
  });

  test.each([...WIDE_WRAPPINGS, ...TEXT_WRAPPINGS])("that is text is found through $name", ({ wrap }) => {
    const missed = TEXTS.filter(({ bytes }) => scan(wrap(bytes)).length === 0);
    expect(missed.map(({ name }) => name)).toEqual([]);
  });

  test.each(BINARY_WRAPPINGS)("is found through $name", ({ wrap }) => {
    const missed = SAMPLES.filter(({ bytes }) => scan(wrap(bytes)).length === 0);
    expect(missed.map(({ name }) => name)).toEqual([]);
  });

  test("is found through any wrappings, four deep", () => {
    const sample = fc.constantFrom(...SAMPLES);
    const outer = fc.array(fc.constantFrom(...BINARY_WRAPPINGS), { maxLength: 4 });
    const inner = fc.option(fc.constantFrom(...TEXT_WRAPPINGS, ...WIDE_WRAPPINGS));
    fc.assert(
      fc.property(sample, inner, outer, (key, first, rest) => {
        const start = first !== null && key.text && rest.length < 4 ? first.wrap(key.bytes) : key.bytes;
        const bytes = rest.reduce((inside, { wrap }) => wrap(inside), start);
        expect(
          scan(bytes).length,
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
  ])("%s", (_, bytes) => {
    expect(levels(Buffer.from(bytes))).toEqual(["block"]);
  });

  test("in base64url that begins with its own two characters, which is all there is of them", () => {
    const padded = Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from("PuTTY-User-Key-File-2: ssh-ed25519\n", "utf16le"),
    ]);
    expect(padded.toString("base64url").slice(0, 2)).toBe("__");
    const samples = SAMPLES.filter(({ name }) => name.startsWith("PuTTY"));
    const wide = samples.map(({ bytes }) => Buffer.from(`\ufeff${bytes.toString("latin1")}`, "utf16le"));
    for (const bytes of wide) expect(scan(Buffer.from(bytes.toString("base64url")))).not.toEqual([]);
  });

  test("with the SHA-256 of its public key, its line, and what is around it", () => {
    for (const [key, publicKey] of [
      [ec.privateKey, ec.publicKey],
      [ed25519.privateKey, ed25519.publicKey],
      [rsa.privateKey, rsa.publicKey],
    ] as const) {
      const [one, ...rest] = found(`a\nb\n${key.export({ type: "pkcs8", format: "pem" })}`);
      expect(rest).toEqual([]);
      expect(one).toMatchObject({ publicKey: fingerprint(publicKey), line: 4, via: ["base64"] });
    }
    expect(found(gzipSync(zip(Buffer.from(PEM))))[0]).toMatchObject({ line: null, via: ["gzip", "zip", "base64"] });
  });

  test("once, however often it stands there and however it is read", () => {
    expect(found(PEM.repeat(3))).toHaveLength(1);
  });

  test.each(SAMPLES.filter(({ name }) => /OpenSSH|PuTTY|JWK (?!sym)|XML|DNSSEC|WireGuard/.test(name)))(
    "with a public key of $name",
    ({ bytes }) => {
      expect(scan(bytes)[0]?.publicKey).toMatch(/^sha256:[0-9a-f]{64}$/);
    },
  );

  test("at the end of a log of 6 MB, in good time", () => {
    const line = '2026-11-21T12:00:00Z host nginx[1]: 10.0.0.1 GET /a/b/c?x=1 200 deadbeef "curl/8.0"\n';
    const log = Buffer.from(line.repeat(6_000_000 / line.length) + PEM);
    const start = performance.now();
    expect(levels(log)).toEqual(["block"]);
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

  test("archives within archives are looked into, and refused where they are too deep", () => {
    expect(scan(nested(4)).map(({ code }) => code)).toEqual(["PrivateKey"]);
    expect(scan(nested(9)).map(({ code }) => code)).toEqual(["TooDeep"]);
  });

  test("what unpacks to far more than it is", () => {
    expect(scan(gzipSync(Buffer.alloc(200 * 1024 * 1024))).map(({ code }) => code)).toEqual(["TooLarge"]);
  });

  test("an encrypted archive", () => {
    expect(scan(zip(Buffer.from(PEM), { flags: 1 })).map(({ code }) => code)).toEqual(["Undecided"]);
  });
});

describe("no false alarm", () => {
  test("over random bytes, raw, in base64 and in hex", () => {
    const runs = Number(process.env["GUARD_RANDOM"] ?? 10_000);
    for (let count = 0; count < runs; count += 1) {
      const bytes = randomBytes(16 + (count % 600));
      const text = count % 3 === 0 ? bytes : Buffer.from(bytes.toString(count % 3 === 1 ? "base64" : "hex"));
      const findings = scan(text);
      if (findings.length > 0) expect(findings, bytes.toString("hex")).toEqual([]);
    }
  });

  test("over the files of node_modules, but for the real keys in them", () => {
    const most = Number(process.env["GUARD_FILES"] ?? 1500);
    const files = readdirSync(new URL("../../node_modules", import.meta.url), { recursive: true, withFileTypes: true });
    let searched = 0;
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      if (file.parentPath.includes("node_modules/.")) continue;
      if (!file.isFile() || searched >= most || statSync(path).size > 1_000_000) continue;
      searched += 1;
      for (const detection of scan(readFileSync(path)))
        expect(isReal(detection), `${path}: ${detection.kind}`).toBe(true);
    }
    expect(searched).toBeGreaterThan(100);
  });
});

/** A key whose public half was derived is one. */
function isReal({ publicKey }: Detection): boolean {
  return publicKey !== null;
}

test("a fingerprint is that of openssl's public key", () => {
  expect(scan(Buffer.from(PEM))[0]?.publicKey).toBe(fingerprint(createPublicKey(createPrivateKey(PEM))));
});
