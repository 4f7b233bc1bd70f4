import { METHODS, REASON } from "../gates.ts";
import { NOT_READABLE, PAGES } from "../page-texts.ts";
import { file } from "../text.ts";
import { encode, encodeWord, quote } from "./text.ts";

/** Refusals with status 403 have a page each, found by the first words of the reason. */
const FORBIDDEN = {
  "no-certificate": REASON.noCertificate,
  "not-verified": `~^${REASON.notVerified}`,
  "not-listed": REASON.notListed,
  "not-permitted": `~^${REASON.notPermitted}`,
  "no-home": REASON.noHome,
  "hidden-file": REASON.hiddenFile,
} as const;

export type Page = keyof typeof FORBIDDEN | "not-readable";

/** Misdirected: mod_ssl itself refuses so, before there is a reason. */
const MISDIRECTED = [
  "This connection was made for another server name, or resumes an older connection.",
  "",
  "What to do: use the server's name in the URL, not its address, and no Host header of your own; connect again.",
];

const BAD_REQUEST = [
  "This request cannot be read: its headers may be too large, or it speaks plain HTTP to a port for HTTPS.",
  "",
  "What to do: begin the URL with https://, and send fewer and shorter headers; no cookies are needed.",
];

function page(key: string): readonly string[] {
  const found = PAGES.find(([reason]) => reason === key)?.[1];
  if (found === undefined) throw new Error(`no page for ${key}`);
  return found;
}

const textOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

/** mod_rewrite reads no longer line of a map (REWRITE_MAX_TXT_MAP_LINE in mod_rewrite.c). */
const LONGEST_LINE = 1024;

/** pages.txt, a RewriteMap: key → percent-encoded page. */
export function pagesFile(): string {
  const pages: (readonly [string, readonly string[]])[] = Object.entries(FORBIDDEN).map(([key, reason]) => [
    key,
    page(reason),
  ]);
  const lines = [...pages, ["not-readable", NOT_READABLE] as const].map(
    ([key, text]) => `${key} ${encodeWord(textOf(text))}`,
  );
  const long = lines.find((line) => line.length >= LONGEST_LINE);
  if (long !== undefined) throw new Error(`too long for a RewriteMap: ${long}`);
  return file(lines);
}

/** For every server: what people are told, as plain text, so that curl and logs show it as it is. */
export function errorDocuments(): string[] {
  const fixed = (status: number, lines: readonly string[]) =>
    `ErrorDocument ${status} "%{unescape:${encode(textOf(lines))}}"`;
  return [
    fixed(400, BAD_REQUEST),
    'ErrorDocument 403 "%{reqenv:gatehouse_page}"',
    fixed(404, page(REASON.notFound)),
    fixed(405, page(REASON.method)),
    fixed(414, BAD_REQUEST),
    fixed(416, page(REASON.range)),
    fixed(421, MISDIRECTED),
    'Header always set Content-Type "text/plain" "expr=%{REQUEST_STATUS} -ge 400"',
    `Header always set Allow ${quote(METHODS.join(", "))} "expr=%{REQUEST_STATUS} -eq 405"`,
  ];
}

/** Ends a request. The reason goes to the access log, the page to the client. */
export function refuse(pattern: string, reason: string, page: Page): string {
  const flags = [`E=gatehouse_reason:${reason}`, `E=gatehouse_page:${pageText(page)}`, "R=403"];
  return `RewriteRule "${pattern}" "-" "[${flags.join(",")}]"`;
}

/** Ends a request with a status that has one page. */
export function refuseWith(status: number, pattern: string, reason: string): string {
  return `RewriteRule "${pattern}" "-" "[E=gatehouse_reason:${reason},R=${status}]"`;
}

/** A page in a flag of RewriteRule. */
export function pageText(page: Page): string {
  return `\${gatehouse_unescape:\${gatehouse_pages:${page}}}`;
}
