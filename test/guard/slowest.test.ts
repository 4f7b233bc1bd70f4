import { randomInt } from "node:crypto";
import { describe, expect, test } from "vitest";
import { scan } from "../../scripts/guard/detect/scan.ts";
import { tool } from "./support/keys.ts";
import { KNOWN, OPENERS, repeated } from "./support/slow-inputs.ts";

/** Rounds of the fuzz; given by hand, all sizes are whole. */
const asked = process.env["GUARD_FUZZ"];
const fuzz = Number(asked ?? 12);
/** Under 5 MB. A tenth reaches the budget of a file too, and takes less to make. */
const SIZE = asked === undefined ? 490_000 : 4_900_000;
/** What a quiet machine does in two seconds of a processor, by what it does in a calibration. */
const MOST_SECONDS = 2;
/** Seconds of a processor for the calibration on a quiet machine of 2020. */
const QUIET = 0.35;

/** Seconds of a processor: a busy machine's clock tells of others. */
async function seconds(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Looks at bytes one by one, as the guard does. */
function calibrate(): number {
  const bytes = Buffer.alloc(1 << 20, "calibration");
  let sum = 0;
  for (let round = 0; round < 120; round += 1) {
    for (let at = 0; at < bytes.length; at += 1) sum = (sum * 31 + (bytes[at] ?? 0)) | 0;
  }
  return sum;
}

/**
 * Seconds, at most, on a quiet machine. What is quick here is no slower there: only the slow is held against a
 * calibration, and asked again, for a busy machine can double it.
 */
async function quietSeconds(bytes: Buffer): Promise<number> {
  let least = await seconds(() => scan(bytes));
  for (let turn = 0; turn < 3 && least >= MOST_SECONDS; turn += 1) {
    const unit = await seconds(calibrate);
    const own = await seconds(() => scan(bytes));
    least = Math.min(least, own / Math.max(1, unit / QUIET));
  }
  return least;
}

describe("no input under 5 MB takes more than two seconds of a processor", () => {
  test.each(KNOWN.map((input) => [input.name, input] as const))("%s", async (_, { make }) => {
    expect(await quietSeconds(make(SIZE))).toBeLessThan(MOST_SECONDS);
  });

  test("nor more memory than 400 MB", async () => {
    const before = process.memoryUsage().rss;
    for (const { make } of KNOWN.slice(0, fuzz)) {
      await scan(make(SIZE));
      expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(400);
    }
  });

  test("of openers that are repeated, cut, mixed and nested, whatever takes longer than the last", async () => {
    let worst = { bytes: Buffer.alloc(0) as Buffer, seconds: 0 };
    const report: string[] = [];
    for (let round = 0; round < fuzz; round += 1) {
      const unit = round % 3 === 2 && worst.seconds > 0 ? changed(worst.bytes) : mixed();
      // A tenth of the size tells as much, as long as all is linear.
      const small = await seconds(() => scan(repeated(unit, SIZE / 10)));
      if (small > worst.seconds) {
        worst = { bytes: unit, seconds: small };
        report.push(`${small.toFixed(3)} s: ${unit.length} bytes, ${JSON.stringify(unit.toString("latin1", 0, 60))}`);
      }
    }
    if (asked !== undefined) process.stdout.write(`${report.join("\n")}\n`);
    const whole = repeated(worst.bytes, SIZE);
    expect(await quietSeconds(whole), report.at(-1)).toBeLessThan(MOST_SECONDS);
  });
});

const pick = <T>(all: readonly T[]): T => all[randomInt(all.length)] as T;

/** A few openers side by side, each whole, cut short, or with a few of its bytes alone. */
function mixed(): Buffer {
  const parts = Array.from({ length: 1 + randomInt(3) }, () => {
    const one = Buffer.from(pick(OPENERS));
    const length = pick([one.length, one.length, 1 + randomInt(one.length), 1 + randomInt(Math.min(40, one.length))]);
    return Buffer.concat([one.subarray(0, length), Buffer.from(pick(["", "\n", " ", "\0", '"', "\\", "---"]))]);
  });
  return Buffer.concat(parts);
}

/** The same with a part left out, doubled, or another one put in. */
function changed(bytes: Buffer): Buffer {
  const [from, to] = [randomInt(bytes.length + 1), randomInt(bytes.length + 1)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  const middle = pick([Buffer.alloc(0), Buffer.concat([bytes.subarray(from, to), bytes.subarray(from, to)]), mixed()]);
  const made = Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);
  return made.length === 0 ? mixed() : made;
}

test("a search that was given up holds up no other", async () => {
  await scan(tool("xz", ["-0"], Buffer.alloc(120_000_000)));
  expect(await scan(tool("xz", [], Buffer.from("text")))).toEqual([]);
});
