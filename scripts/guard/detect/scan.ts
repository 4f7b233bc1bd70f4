import { hash } from "node:crypto";
import { readBase64, type Sink } from "./base64.ts";
import { gunzip, unbrotli, unzip, unzstd } from "./containers.ts";
import type { Detection } from "./detection.ts";
import { hasCharacterDump, readDumps } from "./dumps.ts";
import { ENCODINGS } from "./encodings.ts";
import { Enough, Finds, type Place } from "./finds.ts";
import { hasText, textRegions, wideRegions, withoutZeros } from "./regions.ts";
import { visitStructures } from "./structures.ts";
import { type Rich, richParts } from "./survey.ts";
import { textKeys } from "./text-formats.ts";
import { resolveEscapes, withoutDiffSigns, withoutTags } from "./unescape.ts";
import { unopenedAt } from "./unopened.ts";
import type { Budget, Unpacked } from "./unpack.ts";
import { OutOfWork, RunWork, type Work } from "./work.ts";
import { endOfXz, isXz, unxz } from "./xz.ts";
import { inflateZlib, isZlib } from "./zlib-streams.ts";

/** Encodings and containers within one another; what lies deeper is a finding. */
const DEEPEST = 5;
/** Of one blob, unpacked. */
const MOST_UNPACKED = 128 * 1024 * 1024;
/** The shortest key is an EC key in SEC 1 without its curve. */
const SHORTEST = 38;
/** Escapes by number that make another text, or bytes that are none; fewer stand for single characters. */
const FEWEST_CODES = 16;
/** A look at what may be an archive; beginning with a text, and with what an encoding stands for. */
const [PACKED, TEXT, READING] = [40, 1000, 500];

/**
 * Every private key in these bytes, by structure: whatever a label says, or an ending, or a place. `names`: of the
 * file, for formats without a magic number. `run`: what the whole run may take.
 */
export async function scan(bytes: Buffer, names: readonly string[] = [], run = new RunWork()): Promise<Detection[]> {
  return run.spend(bytes.length, async (work) => {
    const scanner = new Scanner(bytes, work);
    try {
      scanner.bytes(bytes, [], (offset) => offset);
      if (names.some((name) => /\.br$/i.test(name))) scanner.brotli();
      await scanner.later();
    } catch (error) {
      if (error instanceof OutOfWork) scanner.found.undecided();
      else if (!(error instanceof Enough)) throw error;
    }
    return scanner.found.all;
  });
}

class Scanner {
  readonly found: Finds;
  readonly #file: Buffer;
  readonly #work: Work;
  readonly #budget: Budget = { bytes: MOST_UNPACKED };
  readonly #seen = new Set<string>();
  /** Streams whose decompressor does not answer at once. */
  readonly #later: { readonly bytes: Buffer; readonly via: readonly string[] }[] = [];

  constructor(file: Buffer, work: Work) {
    this.#file = file;
    this.#work = work;
    this.found = new Finds(file, work);
  }

  bytes(bytes: Buffer, via: readonly string[], place: Place): void {
    if (bytes.length < SHORTEST || !this.#isNew(bytes, via)) return;
    this.#structures(bytes, via, place);
    this.#work.charge(2 * bytes.length);
    for (const { from, end } of textRegions(bytes)) {
      this.#text(bytes.subarray(from, end), via, place && ((offset) => place(from + offset)));
    }
    for (const region of wideRegions(bytes)) this.#nested(withoutZeros(bytes, region), [...via, "UTF-16"], null);
  }

  #nested(bytes: Buffer, via: readonly string[], place: Place): void {
    if (via.length <= DEEPEST) this.bytes(bytes, via, place);
    else if (bytes.length < SHORTEST) return;
    // What is not even a text, or packed, was read as what it is not.
    else if (via.length > DEEPEST + 1 || this.#mayBeText(bytes)) this.#tooDeep(via);
    else this.#structures(bytes, via, null);
  }

  #mayBeText(bytes: Buffer): boolean {
    this.#work.charge(bytes.length);
    return hasText(bytes) || wideRegions(bytes).length > 0;
  }

  #tooDeep(via: readonly string[]): void {
    this.found.limit("TooDeep", "encodings and archives within one another, deeper than anybody looks", via);
  }

  /** The same bytes come out of several ways of reading a text. */
  #isNew(bytes: Buffer, via: readonly string[]): boolean {
    if (via.length === 0) return true;
    this.#work.charge(bytes.length);
    const id = hash("sha1", bytes, "base64");
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    return true;
  }

  /** Text: formats that are text, then what its encodings stand for. */
  #text(text: Buffer, via: readonly string[], place: Place): void {
    this.#work.charge(TEXT);
    this.#formats(text, via, place);
    if (hasCharacterDump(text)) readDumps(text, this.#work, this.#sink("a dump", via, place));
    const rich = richParts(text, this.#work);
    for (const kind of ["letters", "digits"] as const) {
      for (const { from, end } of rich[kind])
        this.#rich(text.subarray(from, end), kind, via, place && ((offset) => place(from + offset)));
    }
  }

  #rich(raw: Buffer, kind: keyof Rich, via: readonly string[], place: Place): void {
    const work = this.#work;
    const resolved = resolveEscapes(raw, work);
    if (resolved !== null && resolved.codes >= FEWEST_CODES) {
      this.#nested(resolved.dense, [...via, "escapes"], null);
      const decimal = resolveEscapes(raw, work, true);
      if (decimal !== null) this.#nested(decimal.dense, [...via, "escapes"], null);
    } else if (resolved !== null) this.#formats(resolved.dense, via, null);
    const text = resolved?.text ?? raw;
    for (const [name, { read, of, isRaw }] of Object.entries(ENCODINGS)) {
      if (of.includes(kind)) read(isRaw ? raw : text, work, this.#sink(name, via, place));
    }
    if (kind === "digits") return;
    for (const other of [withoutTags(text, work), withoutDiffSigns(text, work)]) {
      if (other !== null) readBase64(other, work, this.#sink("base64", via, place));
    }
  }

  #formats(text: Buffer, via: readonly string[], place: Place): void {
    for (const { found, at } of textKeys(text, this.#work)) this.found.add(found, via, place, at);
  }

  #sink(name: string, via: readonly string[], place: Place): Sink {
    const around = [...via, name];
    return ({ bytes, place: inside }) => {
      const before = this.found.size;
      this.#work.charge(READING);
      const here: Place = place && ((offset) => place(inside(offset)));
      this.#structures(bytes, around, here);
      if (this.#mayBeText(bytes)) this.#nested(bytes, around, here);
      return this.found.size > before;
    };
  }

  /** Binary structures at any offset. */
  #structures(bytes: Buffer, via: readonly string[], place: Place): void {
    visitStructures(bytes, this.#work, {
      found: (found, at) => this.found.add(found, via, place, at),
      packed: (at) => this.#packed(bytes, at, via),
    });
  }

  /** What is packed here; where it ends, or the next place. */
  #packed(bytes: Buffer, at: number, via: readonly string[]): number {
    const [budget, work] = [this.#budget, this.#work];
    work.charge(PACKED);
    const inside = (name: string, unpacked: Unpacked | null) => this.#unpacked(unpacked, [...via, name], at);
    const pair = bytes.readUInt16BE(at);
    const magic = bytes.readUInt32BE(at);
    if (isZlib(pair)) return inside("zlib", inflateZlib(bytes, at, budget, work));
    if (pair === 0x1f8b) return inside("gzip", gunzip(bytes, at, budget, work));
    if (magic === 0x504b0304) return inside("zip", unzip(bytes, at, budget, work));
    if (magic === 0x28b52ffd) return inside("zstd", unzstd(bytes, at, budget, work));
    if (pair === 0xfd37 && isXz(bytes, at)) return this.#putOff(bytes, at, [...via, "xz"]);
    const unopened = unopenedAt(bytes, at);
    if (unopened !== null) {
      this.found.limit("NotLookedInto", `packed by ${unopened}, which is not looked into`, [...via, unopened]);
    }
    return at + 1;
  }

  #putOff(bytes: Buffer, at: number, via: readonly string[]): number {
    const end = endOfXz(bytes, at);
    this.#work.charge((end ?? bytes.length) - at);
    this.#later.push({ bytes: bytes.subarray(at, end ?? bytes.length), via });
    return end ?? at + 1;
  }

  #unpacked(unpacked: Unpacked | null, via: readonly string[], at: number): number {
    if (unpacked === null) return at + 1;
    if ("bytes" in unpacked) this.#nested(unpacked.bytes, via, null);
    else if (unpacked.problem === "TooLarge") this.#tooLarge(unpacked.most, via);
    else
      this.found.limit(
        "Undecided",
        `an archive that cannot be looked into, encrypted or of a rare kind${within(via)}`,
        via,
      );
    return Math.max(unpacked.end, at + 1);
  }

  #tooLarge(most: number, via: readonly string[]): void {
    this.found.limit("TooLarge", `more than ${Math.floor(most / 1024 / 1024)} MiB when unpacked${within(via)}`, via);
  }

  brotli(): void {
    this.#unpacked(unbrotli(this.#file, this.#budget, this.#work), ["brotli"], 0);
  }

  /** What was put off. */
  async later(): Promise<void> {
    for (let next = this.#later.shift(); next !== undefined; next = this.#later.shift()) {
      const { bytes, problem } = await unxz(next.bytes, this.#budget, this.#work);
      if (problem === "TooLarge") this.#tooLarge(bytes.length, next.via);
      else if (problem === "damaged" && bytes.length === 0)
        this.found.limit("NotLookedInto", "packed by xz in a way that is not looked into", next.via);
      this.#nested(bytes, next.via, null);
    }
  }
}

const within = (via: readonly string[]): string => ` (${via.join(" in ")})`;
