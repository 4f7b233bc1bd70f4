import { X509Error } from "../../x509/error.ts";
import { decodeLax, rawBlocks } from "../../x509/pem-blocks.ts";

/** What a file holds, and on which line each begins. */
export type Block =
  | { readonly kind: "certificate" | "crl" | "request"; readonly der: Buffer; readonly line: number }
  | { readonly kind: "key"; readonly pem: string; readonly line: number }
  | { readonly kind: "broken"; readonly message: string; readonly line: number };

/** A heap in one file. */
const MOST_BLOCKS = 500_000;

const KINDS: ReadonlyMap<string, "certificate" | "crl" | "request"> = new Map([
  ["CERTIFICATE", "certificate"],
  ["X509 CERTIFICATE", "certificate"],
  ["X509 CRL", "crl"],
  ["CERTIFICATE REQUEST", "request"],
  ["NEW CERTIFICATE REQUEST", "request"],
] as const);

/** Every PEM block of a file that matters to a CA; a damaged one as such. */
export function* blocksOf(text: string): Generator<Block> {
  const line = lineCounter(text);
  let at = 0;
  try {
    for (const block of rawBlocks(text, MOST_BLOCKS)) {
      at = block.at;
      yield* read(block.label, block.body, line(at));
      at += 1;
    }
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    const begin = text.indexOf("-----BEGIN ", at);
    yield { kind: "broken", message: error.message, line: line(begin < 0 ? at : begin) };
  }
}

function* read(label: string, body: string, line: number): Generator<Block> {
  if (/^(?:ENCRYPTED |RSA |EC )?PRIVATE KEY$/.test(label)) {
    yield { kind: "key", pem: `-----BEGIN ${label}-----${body}-----END ${label}-----\n`, line };
    return;
  }
  const kind = KINDS.get(label);
  if (kind === undefined) return;
  try {
    yield { kind, der: decodeLax(body, label), line };
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    yield { kind: "broken", message: error.message, line };
  }
}

/** The line of an offset, asked with offsets that rise: the text is gone through once. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let from = 0;
  return (offset) => {
    for (let next = text.indexOf("\n", from); next >= 0 && next < offset; next = text.indexOf("\n", from)) {
      line += 1;
      from = next + 1;
    }
    return line;
  };
}
