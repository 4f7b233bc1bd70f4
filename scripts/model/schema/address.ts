import { isIPv4, isIPv6 } from "node:net";

const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
export const DNS_NAME = `${LABEL}(?:\\.${LABEL})*`;
const DNS = new RegExp(`^${DNS_NAME}$`);

/** A DNS name in lower case (RFC 1123, 2.1), or null. What ends in a number is no name but a broken address. */
export function dnsName(text: string): string | null {
  if (text.length > 253 || !DNS.test(text) || /(?:^|\.)[0-9]+$/.test(text)) return null;
  return text.toLowerCase();
}

/** An IP address in its one canonical form (RFC 5952 for version 6), or null. No zones. */
export function ipAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes("%")) return null;
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** A name or address as it stands in a URL or before a port. */
export function inBrackets(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** `host`, `host:port`, `[::1]:port` to its canonical form, or null. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number | null } | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::([0-9]{1,5}))?$/.exec(text);
  if (!match) return null;
  const [, bracketed, bare, digits] = match;
  const host = bracketed === undefined ? hostName(bare ?? "") : ipAddress(bracketed);
  const port = digits === undefined ? null : portNumber(digits);
  if (host === null || (digits !== undefined && port === null)) return null;
  return bracketed !== undefined && isIPv4(host) ? null : { host: inBrackets(host), port };
}

function hostName(text: string): string | null {
  return isIPv4(text) ? text : dnsName(text);
}

/** 1–65535 without leading zeros, or null. */
export function portNumber(text: string): number | null {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
}
