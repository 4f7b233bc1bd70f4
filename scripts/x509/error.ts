import { UserError } from "../model/problem.ts";

/** Bytes or text that are not the certificate, request, CRL or key they should be; the message says where and why. */
export class X509Error extends UserError {
  constructor(message: string, ...hints: readonly string[]) {
    super(message, ...hints);
    this.name = "X509Error";
  }
}

/**
 * Untrusted text for a message: at most so many characters, and everything but printable ASCII, and the backslash,
 * as \u{…}; what a terminal acts upon never reaches one.
 */
export function printable(text: string, mostCharacters = 80): string {
  const escaped = text
    .slice(0, mostCharacters + 1)
    .replace(/[^ -~]|\\/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return escaped.length > mostCharacters ? `${escaped.slice(0, mostCharacters)}...` : escaped;
}
