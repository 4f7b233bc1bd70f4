import { SERIAL_HEX } from "../model/layout.ts";
import type { Der } from "./der.ts";
import { printable, X509Error } from "./error.ts";

/** `-` only for what others issued against RFC 5280, 4.1.2.2; the form that openssl, nginx and Node print. */
const SERIAL_TEXT = new RegExp(`^(?:00|-?(?!00)${SERIAL_HEX})$`);

/**
 * A serial's INTEGER as text: upper-case hex of whole bytes, `-` before it when negative.
 * @throws X509Error beyond 20 bytes.
 */
export function serialText(integer: Der): string {
  const negative = integer.at(0) >= 0x80;
  const skip = integer.size > 1 && integer.at(0) === 0 ? 1 : 0;
  if (integer.size > 21) throw new X509Error("the serial number is longer than 20 bytes");
  const text = negative ? `-${negate(integer.content)}` : integer.hex(skip);
  if (text.length > (negative ? 41 : 40)) throw new X509Error("the serial number is longer than 20 bytes");
  return text;
}

/** The inverse, as a binary string. @throws X509Error for what is not such a text. */
export function serialContent(text: string): string {
  if (!SERIAL_TEXT.test(text))
    throw new X509Error(`"${printable(text)}" is not a serial number: 1 to 20 bytes in upper-case hex`);
  if (text.startsWith("-"))
    return Buffer.from(negate(Buffer.from(`00${text.slice(1)}`, "hex")), "hex").toString("latin1");
  const bytes = Buffer.from(text, "hex").toString("latin1");
  return bytes.charCodeAt(0) >= 0x80 ? `\0${bytes}` : bytes;
}

/** Two's complement of these bytes, negated, in hex without needless leading bytes. */
function negate(content: Buffer): string {
  const bits = content.length * 8;
  const value = BigInt.asUintN(bits, -BigInt(`0x${content.toString("hex")}`));
  const hex = value.toString(16).toUpperCase();
  return hex.padStart(hex.length + (hex.length % 2), "0");
}
