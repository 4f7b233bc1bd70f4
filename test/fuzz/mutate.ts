import fc from "fast-check";

/** Numbers at which parsers stumble: lengths, signs, the forms of DER's length octets. */
const INTERESTING = [0x00, 0x01, 0x1f, 0x20, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xff, 0x0a, 0x0d, 0x22, 0x2d];

/** A small generator (mulberry32), so that one number from fast-check stands for a whole history of mutations. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}

type Mutation = (bytes: Buffer, random: (below: number) => number, other: Buffer) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => set(bytes, random(bytes.length), (byte) => byte ^ (1 << random(8))),
  (bytes, random) => set(bytes, random(bytes.length), () => random(256)),
  (bytes, random) => set(bytes, random(bytes.length), () => INTERESTING[random(INTERESTING.length)] ?? 0),
  (bytes, random) => cut(bytes, random(bytes.length), 1 + random(8)),
  (bytes, random) => cut(bytes, random(bytes.length), 1 + random(bytes.length)),
  (bytes, random) => insert(bytes, random(bytes.length + 1), Buffer.alloc(1 + random(6), random(256))),
  (bytes, random) => {
    const from = random(bytes.length);
    return insert(bytes, random(bytes.length + 1), bytes.subarray(from, from + 1 + random(64)));
  },
  (bytes, random, other) => {
    const from = random(other.length);
    return insert(bytes, random(bytes.length + 1), other.subarray(from, from + 1 + random(200)));
  },
  (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, random(bytes.length)), other.subarray(random(other.length))]),
  (bytes, random) => bytes.subarray(0, random(bytes.length)),
];

function set(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy[at] = change(copy[at] ?? 0) & 0xff;
  return copy;
}

function cut(bytes: Buffer, at: number, size: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
}

function insert(bytes: Buffer, at: number, what: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
}

/** One to six mutations of one of the seeds. */
function mutated(seeds: readonly Buffer[], history: number): Buffer {
  const random = generator(history);
  const pick = () => seeds[random(seeds.length)] ?? Buffer.alloc(0);
  let bytes = pick();
  const rounds = 1 + random(6);
  for (let round = 0; round < rounds; round++) {
    const mutation = MUTATIONS[random(MUTATIONS.length)];
    if (mutation !== undefined) bytes = mutation(bytes, random, pick());
  }
  return bytes;
}

/** Mutated real files; one in fifty is a real one, one in fifty is noise. */
export function inputs(seeds: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 48, arbitrary: fc.nat({ max: 0xffffffff }).map((history) => mutated(seeds, history)) },
    { weight: 1, arbitrary: fc.constantFrom(...seeds) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) },
  );
}

/** PEM around mutated DER: mutations of the text itself rarely get past base64. */
export function armoured(label: string, seeds: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return inputs(seeds).map((der) => {
    const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
    return Buffer.from(`-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`);
  });
}

/** How many inputs each parser gets; GATEHOUSE_FUZZ=100000 for a night's work. */
export const RUNS = Number(process.env["GATEHOUSE_FUZZ"] ?? 2000);
