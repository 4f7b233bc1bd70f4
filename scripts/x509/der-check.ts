import { Der, TAG } from "./der.ts";

/** Deeper than any request that a tool makes, and nowhere near the end of our stack. */
const MOST_DEPTH = 24;

/** Tags whose contents are elements when they are universal: SEQUENCE and SET are always constructed (X.690, 8.9 and 8.11). */
const CONSTRUCTED = 0x20;

/**
 * Insists that these bytes are one element of DER all the way down (X.690, 10 and 11): what Der checks, strings that
 * are not in pieces, BOOLEAN, NULL, INTEGER and unused bits in their only form, members of a SET in order.
 * @throws X509Error
 */
export function checkDer(bytes: Buffer): void {
  const outer = new Der(bytes);
  checkElement(outer.any("the request"), 0);
  outer.finish("the request");
}

function checkElement(element: Der, depth: number): void {
  const { type: tag } = element;
  if (depth > MOST_DEPTH) throw element.fail("there are too many elements inside one another");
  const universal = tag < 0x40;
  const list = (tag | CONSTRUCTED) === TAG.sequence || (tag | CONSTRUCTED) === TAG.set;
  if (universal && ((tag & CONSTRUCTED) !== 0) !== list) {
    throw element.fail("a string is in pieces, or a list is not one: BER, not DER");
  }
  if ((tag & CONSTRUCTED) === 0) checkPrimitive(element, tag);
  else checkMembers(element, tag, depth);
}

function checkMembers(element: Der, tag: number, depth: number): void {
  let last: Buffer | null = null;
  while (!element.atEnd) {
    const member = element.any("an element");
    checkElement(member, depth + 1);
    if (tag === TAG.set && last !== null && Buffer.compare(last, member.raw) > 0) {
      throw element.fail("a SET is not in order: BER, not DER");
    }
    last = member.raw;
  }
}

function checkPrimitive(element: Der, tag: number): void {
  const { content } = element;
  if (tag === TAG.integer || tag === TAG.enumerated) element.checkedInteger("a number");
  if (tag === TAG.oid) element.checkedOid("an object identifier");
  const bool = content.length === 1 && (content[0] === 0 || content[0] === 0xff);
  if (tag === TAG.boolean && !bool) throw element.fail("a BOOLEAN is not 00 or FF: BER, not DER");
  if (tag === TAG.null && content.length > 0) throw element.fail("a NULL has contents");
  if (tag === TAG.bitString && !cleanBits(content)) throw element.fail("a BIT STRING has unused bits that are set");
}

function cleanBits(content: Buffer): boolean {
  const unused = content[0] ?? 8;
  if (unused > 7 || (content.length === 1 && unused > 0)) return false;
  return ((content.at(-1) ?? 0) & ((1 << unused) - 1)) === 0 || content.length === 1;
}
