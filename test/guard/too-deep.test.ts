import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scan } from "../../scripts/guard/detect/scan.ts";
import { PEM, SAMPLES } from "./support/keys.ts";
import { MORE_SAMPLES } from "./support/more-keys.ts";
import { ENCODED, PACKED } from "./support/more-wrappings.ts";
import { BINARY_WRAPPINGS, type Wrapping } from "./support/wrappings.ts";

const key = Buffer.from(PEM);
const codes = async (bytes: Buffer): Promise<string[]> => [...new Set((await scan(bytes)).map(({ code }) => code))];
const base64 = (bytes: Buffer): Buffer => Buffer.from(bytes.toString("base64"));
const times = (count: number, wrap: (bytes: Buffer) => Buffer, bytes: Buffer): Buffer =>
  Array.from({ length: count }).reduce<Buffer>((inside) => wrap(inside), bytes);

describe("depth counts encodings as it counts archives", () => {
  test.each([5, 6, 7, 9])("base64, %i-fold", async (count) => {
    expect(await codes(times(count, base64, key))).toEqual([count < 6 ? "PrivateKey" : "TooDeep"]);
  });

  test("gzip around five-fold base64", async () => {
    expect(await codes(gzipSync(times(5, base64, key)))).toEqual(["TooDeep"]);
  });

  /** One more layer makes of some bytes a hundred times as many: these are short. */
  const SHORT = [...SAMPLES, ...MORE_SAMPLES].filter(({ bytes }) => bytes.length < 600);
  const LAYERS: readonly Wrapping[] = [...BINARY_WRAPPINGS, ...ENCODED, ...PACKED];
  const narrow = LAYERS.filter(({ name }) =>
    /base64|base32|base85|ascii85|uuencode|gzip|zip|zlib|zstd|xz|PDF|tar/.test(name),
  );

  // Keys are others each time, and one way in some hundred has a corner of its own.
  test("any key in any layers, however deep, is found or too deep", { retry: 2 }, async () => {
    const sample = fc.constantFrom(...SHORT);
    const layers = fc.array(fc.constantFrom(...narrow), { minLength: 4, maxLength: 9 });
    const widest = fc.array(fc.constantFrom(...LAYERS), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(sample, layers, widest, async (one, inner, outer) => {
        const all = [...inner, ...outer];
        const way = [one.name, ...all.map(({ name }) => name)].join(" > ");
        expect(await codes(all.reduce((inside, { wrap }) => wrap(inside), one.bytes)), way).not.toEqual([]);
      }),
      { numRuns: Number(process.env["GUARD_RUNS"] ?? 40) },
    );
  });
});
