import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scan } from "../../scripts/guard/detect/scan.ts";
import { PEM, pem, rsa, SAMPLES } from "./support/keys.ts";
import { MORE_SAMPLES, NO_KEYS } from "./support/more-keys.ts";
import { BROTLI, ENCODED, IN_PIECES, LOWER_BASE32, PACKED } from "./support/more-wrappings.ts";
import { BINARY_WRAPPINGS, type Wrapping } from "./support/wrappings.ts";

const levels = async (bytes: Buffer): Promise<string[]> => [...new Set((await scan(bytes)).map(({ level }) => level))];

async function missed(wrapping: Wrapping, samples = [...SAMPLES, ...MORE_SAMPLES]): Promise<string[]> {
  const many = samples.map(({ bytes }) => bytes);
  const wrapped = wrapping.wrapAll?.(many) ?? many.map((bytes) => wrapping.wrap(bytes));
  const names: string[] = [];
  for (const [at, bytes] of wrapped.entries())
    if ((await scan(bytes)).length === 0) names.push(samples[at]?.name ?? "");
  return names;
}

describe("keys without a structure of ASN.1, or behind a passphrase that is none", () => {
  test.each(MORE_SAMPLES.map((sample) => [sample.name, sample] as const))("%s", async (_, { bytes, level }) => {
    expect(await levels(bytes)).toEqual([level]);
  });

  test.each(NO_KEYS)("are not seen in %s", async (_, bytes) => {
    expect(await scan(Buffer.from(bytes))).toEqual([]);
  });
});

describe("every kind of key is found", () => {
  test.each(ENCODED)("in $name", async (wrapping) => expect(await missed(wrapping)).toEqual([]));

  test("in base32 in lower case, where it is long enough not to look like prose", async () => {
    const long = [...SAMPLES, ...MORE_SAMPLES].filter(({ bytes, text }) => !text && bytes.length > 100);
    expect(await missed(LOWER_BASE32, long)).toEqual([]);
  });

  test.each(PACKED)("in $name", async (wrapping) => expect(await missed(wrapping)).toEqual([]));
  test("in brotli, where the file's name says so", async () => {
    expect(await scan(BROTLI.wrap(Buffer.from(PEM)), ["docs/key.txt.br"])).toMatchObject([
      { via: ["brotli", "base64"] },
    ]);
  });

  // Keys are others each time, and one way in some hundred has a corner of its own.
  test("through any of all wrappings, three deep", { retry: 2 }, async () => {
    const sample = fc.constantFrom(...SAMPLES, ...MORE_SAMPLES);
    const outer = fc.array(fc.constantFrom(...BINARY_WRAPPINGS, ...ENCODED, ...PACKED), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(sample, outer, async (key, rest) => {
        const bytes = rest.reduce((inside, { wrap }) => wrap(inside), key.bytes);
        const way = [key.name, ...rest.map(({ name }) => name)].join(" > ");
        expect((await scan(bytes)).length, way).toBeGreaterThan(0);
      }),
      { numRuns: Number(process.env["GUARD_RUNS"] ?? 30) },
    );
  });
});

describe("a PEM block in pieces is found", () => {
  test.each(IN_PIECES)("as $name", async ({ wrap }) => {
    for (const text of [PEM, pem(rsa.privateKey), pem(rsa.privateKey, "pkcs1")])
      expect(await levels(wrap(Buffer.from(text)))).toEqual(["block"]);
  });
});
