import { NAME } from "../layout.ts";
import { formatInstant, parseDuration, parseInstant } from "../time.ts";
import { DNS_NAME, dnsName, hostAndPort, inBrackets, ipAddress, portNumber } from "./address.ts";
import { oneOf, scalar, text } from "./basics.ts";
import type { Field } from "./field.ts";
import {
  duration as durationKept,
  flag,
  instant as instantKept,
  percent as percentKept,
  text as textKept,
  whole,
} from "./kept.ts";
import { KEY_TYPES, REASONS } from "./terms.ts";

/** The kinds of values that clients.yaml has. */

export const keyType = oneOf("Key type.", KEY_TYPES);
export const reason = oneOf("Reason of a revocation (RFC 5280, 5.3.1).", REASONS);

export function boolean(description: string): Field<boolean> {
  return scalar({
    schema: { type: "boolean", description },
    mustBe: "true or false",
    example: "true",
    kept: flag,
    blank: false,
    parse: (value) => (typeof value === "boolean" ? value : null),
  });
}

/** Longer is a typing error, and must not run past year 9999 (RFC 5280, 4.1.2.5.2). */
const LONGEST_DURATION = 100 * 31_536_000;

/** Seconds. */
export function duration(description: string): Field<number> {
  return scalar({
    schema: { type: "string", description, pattern: "^0*[1-9][0-9]{0,8}[mhdwy]$" },
    mustBe: "a duration such as 90m, 12h, 30d, 8w or 1y, above zero and up to 100y",
    example: "90d",
    kept: durationKept,
    blank: 0,
    parse: (_, written) => {
      const seconds = parseDuration(written);
      return seconds !== null && seconds <= LONGEST_DURATION ? seconds : null;
    },
  });
}

const INSTANT_PATTERN =
  "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$";

export function instant(description: string): Field<number> {
  return scalar({
    schema: { type: "string", description, pattern: INSTANT_PATTERN },
    mustBe: "a date such as 2027-06-30, or an instant with its zone such as 2026-11-20T18:00:00Z",
    type: "a date, or an instant with its zone",
    kept: instantKept,
    blank: 0,
    parse: (_, written) => parseInstant(written),
  });
}

/** An instant that is not in the future. */
export function pastInstant(description: string): Field<number> {
  const any = instant(description);
  const read: Field<number>["read"] = (node, what, scope) => {
    const value = any.read(node, what, scope);
    if (value === undefined || value <= scope.now) return value;
    scope.report.add(node.offset, `${what} is in the future: it is ${formatInstant(scope.now)} now`);
    return undefined;
  };
  return { ...any, read };
}

export function percent(description: string): Field<number> {
  return scalar({
    schema: { type: "string", description, pattern: "^(100|[1-9]?[0-9])%$" },
    mustBe: "a percentage from 0% to 100%, such as 25%",
    kept: percentKept,
    blank: 0,
    parse: (_, written) => (/^(?:100|[1-9]?[0-9])%$/.test(written) ? Number(written.slice(0, -1)) : null),
  });
}

export function count(description: string): Field<number> {
  return scalar({
    schema: { type: "integer", minimum: 0, description },
    mustBe: "a whole number, 0 or more",
    example: "5",
    kept: whole,
    blank: 0,
    parse: (value) => (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null),
  });
}

/** Text for people and certificates: letters of any script, no quotes and nothing that configurations act upon. */
const PROSE = "^[^\\s\"'`$;{}\\\\](?:[^\"'`$;{}\\\\]*[^\\s\"'`$;{}\\\\])?$";
const PROSE_IS = "text without quotes, $, ;, braces or backslashes, and without space at its ends";

/** `longest`: RFC 5280, appendix A.1 counts common and organization names in characters, 64 at most. */
export function prose(description: string, example: string, longest = 64): Field<string> {
  return { ...text({ description, pattern: PROSE, mustBe: PROSE_IS, longest }), type: "text", example };
}

export function country(): Field<string> {
  const description = "Two-letter country code (ISO 3166), C in certificates.";
  return text({ description, pattern: "^[A-Z]{2}$", mustBe: "two letters, A to Z, such as DE", longest: 2 });
}

/** The name of an identity that need not be there. */
export function identityName(description: string): Field<string> {
  return scalar({
    schema: { type: ["string", "number", "boolean"], description },
    mustBe: "a name: lower-case letters, digits, dots, dashes and underscores, up to 63, and no ..",
    type: "a name",
    example: "laptop-7",
    kept: textKept,
    blank: "",
    parse: (_, written) => (NAME.test(written) ? written : null),
  });
}

const FILE = "^(/[A-Za-z0-9._~:+@,=-]+)+/?$";

/** An absolute path on a server, no slash at its end. Letters that no configuration file or shell acts upon. */
export function absolutePath(description: string): Field<string> {
  return text({
    description,
    pattern: FILE,
    mustBe: "an absolute path, such as /srv/debian, of ASCII letters, digits and . _ ~ : + @ , = -",
    refine: (path) =>
      dotted(path) ? { wrong: "may not have . or .. as a part of the path" } : { value: path.replace(/\/$/, "") },
  });
}

export function dotted(path: string): boolean {
  return /(?:^|\/)\.{1,2}(?:\/|$)/.test(path);
}

export function dns(description: string): Field<string> {
  return text({
    description,
    pattern: `^${DNS_NAME}$`,
    mustBe: "a DNS name such as pkg.example.com",
    longest: 253,
    refine: (name) => {
      const value = dnsName(name);
      return value === null ? { wrong: "must be a DNS name such as pkg.example.com" } : { value };
    },
  });
}

/** A DNS name in lower case or an IP address in canonical form. */
export function host(description: string): Field<string> {
  return text({
    description,
    pattern: `^(${DNS_NAME}|[0-9A-Fa-f:.]+)$`,
    mustBe: "a DNS name such as pkg.example.com, or an IP address",
    longest: 253,
    refine: (name) => {
      const value = ipAddress(name) ?? dnsName(name);
      return value === null ? { wrong: "is neither a DNS name nor an IP address" } : { value };
    },
  });
}

const HOST_PORT = "(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+):[1-9][0-9]{0,4}";

export function hostPort(description: string): Field<string> {
  const mustBe = "a host and a port, such as 127.0.0.1:5432 or db.example.com:5432";
  return text({
    description,
    pattern: `^${HOST_PORT}$`,
    mustBe,
    refine: (written) => {
      const at = hostAndPort(written);
      return at === null || at.port === null ? { wrong: `must be ${mustBe}` } : { value: `${at.host}:${at.port}` };
    },
  });
}

/** `443`, `127.0.0.1:8443`, `[::]:443` */
export function listen(description: string): Field<string> {
  const schema = {
    description,
    anyOf: [
      { type: "integer", minimum: 1, maximum: 65_535 },
      { type: "string", pattern: `^([1-9][0-9]{0,4}|${HOST_PORT})$` },
    ],
  };
  return scalar({
    schema,
    mustBe: "a port or address:port, such as 443, 127.0.0.1:8443 or [::]:443",
    kept: textKept,
    blank: "",
    parse: (_, written) => {
      if (portNumber(written) !== null) return written;
      const at = hostAndPort(written);
      if (at === null || at.port === null) return null;
      const address = ipAddress(at.host.replace(/^\[|\]$/g, ""));
      return address === null ? null : `${inBrackets(address)}:${at.port}`;
    },
  });
}

export function httpsUrl(description: string): Field<string> {
  const mustBe = "a URL such as https://pkg.example.com or https://pkg.example.com:8443";
  return text({
    description,
    pattern: "^https://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]+)(:[1-9][0-9]{0,4})?/?$",
    mustBe,
    refine: (url) => {
      const at = hostAndPort(url.replace(/^https:\/\//, "").replace(/\/$/, ""));
      if (at === null) return { wrong: `must be ${mustBe}` };
      return { value: `https://${at.host}${at.port === null || at.port === 443 ? "" : `:${at.port}`}` };
    },
  });
}
