/** An element of DER or BER within bytes that may be cut short: `end` can lie beyond them. */
export interface Element {
  readonly tag: number;
  /** Where its header begins, and where its contents do. */
  readonly start: number;
  readonly from: number;
  readonly end: number;
}

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OID = 0x06;
export const SEQUENCE = 0x30;

/**
 * The header at `at`, lengths of any form (attackers write other ones than DER's); null where there is none.
 * An indefinite length (0x80) ends with what holds it.
 */
export function header(bytes: Buffer, at: number, limit: number): Element | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  if (first < 0x80) return { tag, start: at, from: at + 2, end: at + 2 + first };
  if (first === 0x80) return { tag, start: at, from: at + 2, end: limit };
  const size = first & 0x7f;
  if (size > 4 || at + 2 + size > bytes.length) return null;
  const from = at + 2 + size;
  return { tag, start: at, from, end: from + bytes.readUIntBE(at + 2, size) };
}

/** The elements inside; null unless they fill it exactly, or run to where the bytes end. */
export function children(bytes: Buffer, parent: Element, most = 16): Element[] | null {
  const found: Element[] = [];
  let at = parent.from;
  while (at < parent.end && at < bytes.length) {
    if (found.length === most) return null;
    const child = header(bytes, at, parent.end);
    if (child === null) return at + 6 > bytes.length ? found : null;
    if (child.end > parent.end) return null;
    found.push(child);
    at = child.end;
  }
  return at === parent.end || at >= bytes.length ? found : null;
}

/** Bytes of an element's contents that are there. */
export function present(bytes: Buffer, element: Element): number {
  return Math.max(0, Math.min(element.end, bytes.length) - element.from);
}

export function contents(bytes: Buffer, element: Element): Buffer {
  return bytes.subarray(element.from, element.end);
}

/** A non-negative INTEGER below 256, or null. */
export function smallInteger(bytes: Buffer, element: Element | undefined): number | null {
  if (element?.tag !== INTEGER || element.end - element.from !== 1) return null;
  return bytes[element.from] ?? null;
}

/** A non-negative INTEGER of at most six bytes, or null. */
export function integer(bytes: Buffer, element: Element): number | null {
  const size = element.end - element.from;
  if (element.tag !== INTEGER || size < 1 || size > 6 || element.end > bytes.length) return null;
  return bytes.readUIntBE(element.from, size);
}
