import { X509Error } from "./error.ts";

const BEGIN = "-----BEGIN ";

/** RFC 7468 text of these bytes: 64 columns, LF, a newline at the end. */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString("base64");
  const lines: string[] = [];
  for (let at = 0; at < base64.length; at += 64) lines.push(base64.slice(at, at + 64));
  return `${BEGIN}${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/**
 * The bytes of the one PEM block in this text, which must have this label. Lines may end in CR LF and have any
 * width; base64 must be canonical. Text before the block (RFC 7468, 2) only with `textBefore`, after it never.
 * @throws X509Error
 */
export function decodePem(text: string, label: string, options: { readonly textBefore?: boolean } = {}): Buffer {
  const lines = text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
  const start = lines.indexOf(BEGIN);
  if (start < 0) throw new X509Error(`there is no PEM block; one "${label}" is wanted`);
  if (lines.includes(BEGIN, start + 1))
    throw new X509Error(`there is more than one PEM block; one "${label}" is wanted`);
  if (start > 0 && (options.textBefore !== true || lines[start - 1] !== "\n")) {
    throw new X509Error(`there is something before the PEM block "${label}"`);
  }
  const from = start + BEGIN.length + label.length + 6;
  if (lines.slice(start, from) !== `${BEGIN}${label}-----\n`) {
    throw new X509Error(`the PEM block is not a "${label}"`);
  }
  return decodeBody(lines, from, label);
}

function decodeBody(lines: string, from: number, label: string): Buffer {
  const footer = `\n-----END ${label}-----`;
  const end = lines.indexOf(footer, from - 1);
  if (end < 0) throw new X509Error(`the PEM block "${label}" has no end`);
  if (/[^\n]/.test(lines.slice(end + footer.length)))
    throw new X509Error(`there is something after the PEM block "${label}"`);
  const base64 = lines.slice(from, end).replaceAll("\n", "");
  const der = Buffer.from(base64, "base64");
  // Node's decoder skips what it does not know: only text that it would write again is base64 (RFC 4648, 3.5).
  if (der.length === 0 || der.toString("base64") !== base64) {
    throw new X509Error(`the PEM block "${label}" is not clean base64`);
  }
  return der;
}

/** Whether a text that decodePem reads is what encodePem writes: the same bytes have other texts, by where lines end. */
export function isWrapped(pem: string, label: string, derLength: number): boolean {
  const characters = 4 * Math.ceil(derLength / 3);
  const first = BEGIN.length + label.length + 6;
  const whole = 2 * first - 2 + characters + Math.ceil(characters / 64);
  if (pem.length !== whole || pem[whole - 1] !== "\n") return false;
  for (let at = first + 64; at < first + characters + Math.floor(characters / 64); at += 65) {
    if (pem[at] !== "\n") return false;
  }
  return true;
}
