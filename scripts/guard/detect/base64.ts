import { Collector, LINE, type Options, SHORTEST_STREAM, type Span } from "./base64-words.ts";
import type { Work } from "./work.ts";

/** What an encoded stretch of a text stands for. */
interface Decoded {
  readonly bytes: Buffer;
  /** Where in the text a byte of it stands. */
  readonly place: (offset: number) => number;
}

/** Takes what was decoded. True: this reading was the right one, and others of the same stretch are not wanted. */
export type Sink = (decoded: Decoded) => boolean;

/** In quotes, what is shorter is the name of a value. */
const NAME = 6;

/**
 * base64 as it stands in files, in every way of reading that the text gives rise to: lines, indentation, quotes,
 * concatenation, comment signs between its words are passed over. `text`: escapes resolved.
 */
export function readBase64(text: Buffer, work: Work, sink: Sink): void {
  const plain = { url: false, shortest: 0, breaks: true, quoted: false };
  const seen = read(text, plain, work, sink);
  const lines = { ...plain, shortest: LINE };
  // Without short words in between, leaving them out changes nothing.
  if (seen.long >= SHORTEST_STREAM && seen.short) read(text, lines, work, sink);
  if (seen.long >= SHORTEST_STREAM && seen.broken) read(text, { ...lines, breaks: false }, work, sink);
  if (seen.url >= SHORTEST_STREAM) read(text, { ...lines, url: true }, work, sink);
  if (seen.quoted >= SHORTEST_STREAM) read(text, { ...plain, quoted: true, shortest: NAME }, work, sink);
}

function read(text: Buffer, options: Options, work: Work, sink: Sink): Collector {
  work.charge(2 * text.length);
  const collector = new Collector(text, options);
  collector.collect();
  for (const [from, end] of collector.streams) {
    for (const part of richRuns(collector.characters, from, end)) alignments(collector, part, work, sink);
  }
  return collector;
}

/** Every alignment: what stands before an encoded key may be of the same alphabet. */
function alignments(collector: Collector, [from, end]: Span, work: Work, sink: Sink): void {
  for (let shift = 0; shift < 4 && end - from - shift >= SHORTEST_STREAM; shift += 1) {
    work.charge(end - from);
    const start = from + shift;
    const bytes = Buffer.from(collector.characters.toString("latin1", start, end), "base64");
    const place = (offset: number) => collector.placeOf(start + Math.floor((offset * 4) / 3), work);
    // One whole object of DER, a certificate: it was the right alignment.
    if (sink({ bytes, place }) || (shift === 0 && isWholeDer(bytes))) return;
  }
}

function isWholeDer(bytes: Buffer): boolean {
  return bytes[0] === 0x30 && bytes[1] === 0x82 && bytes.length >= 260 && bytes.readUInt16BE(2) + 4 === bytes.length;
}

const WINDOW = 64;
/**
 * Upper-case letters in a window: of base64 they are two in five, so that so few come about once in a million
 * windows; of prose and code they are one in twenty.
 */
const RICH = 10;
/** Around what is rich. */
const MARGIN = 256;

/** The parts of a stream that can be base64 of something: prose and code have too few upper-case letters. */
function* richRuns(characters: Buffer, from: number, end: number): Generator<Span> {
  const window = Math.min(WINDOW, end - from);
  const enough = Math.floor((RICH * window) / WINDOW);
  let upper = 0;
  let part: [number, number] | null = null;
  for (let at = from; at < end; at += 1) {
    const code = characters[at] ?? 0;
    if (code < 91 && code > 64) upper += 1;
    if (at - from < window - 1) continue;
    const first = at - window + 1;
    if (upper >= enough) {
      if (part === null) part = [Math.max(from, first - MARGIN), at + 1];
      else part[1] = at + 1;
    } else if (part !== null && first > part[1] + MARGIN) {
      yield [part[0], Math.min(end, part[1] + MARGIN)];
      part = null;
    }
    const left = characters[first] ?? 0;
    if (left < 91 && left > 64) upper -= 1;
  }
  if (part !== null) yield [part[0], Math.min(end, part[1] + MARGIN)];
}
