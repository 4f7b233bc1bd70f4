import { METHODS, REASON, REASON_BY_STATUS } from "../gates.ts";
import { NOT_READABLE, PAGES } from "../page-texts.ts";
import { accessLog } from "./settings.ts";
import { block, quote, quoteLines } from "./text.ts";

/**
 * Maps of reasons and pages, for reasons.conf. `$gatehouse_reason` is what a gate or a page sets; being a map first, it is
 * never uninitialised, and follows from the status for a request that no server's gates have seen.
 */
export function reasonMaps(): string[] {
  return [
    ...block("map $status $gatehouse_failure", [
      'default "";',
      ...Object.entries(REASON_BY_STATUS).map(([status, reason]) => `${status} ${quote(reason)};`),
    ]),
    ...block("map $ssl_client_verify $gatehouse_refusal", [
      `default "${REASON.notVerified}: $ssl_client_verify";`,
      `NONE ${quote(REASON.noCertificate)};`,
      `SUCCESS ${quote(REASON.notListed)};`,
    ]),
    ...block('map "" $gatehouse_reason', ["default $gatehouse_failure;"]),
    ...block("map $request_method $gatehouse_method", [
      `default ${quote(REASON.method)};`,
      ...METHODS.map((method) => `${method} "";`),
    ]),
    ...block("map $gatehouse_reason $gatehouse_page", [
      `default ${quoteLines(NOT_READABLE)};`,
      ...PAGES.map(([key, lines]) => `${quote(key)} ${quoteLines(lines)};`),
    ]),
  ];
}

/** Condition → reason and status, for use in a server or location: `set` and `return` alone are safe in `if`. */
export function refuseIf(condition: string, reason: string, status: number): string[] {
  return block(`if (${condition})`, [`set $gatehouse_reason ${reason};`, `return ${status};`]);
}

/**
 * For every server: where refusals end, and are logged. Plain text, so that curl and logs show it as it is. Named
 * locations, because a URI would pass the server's own gates again and answer 403 for everything.
 * 494 is nginx's inner name for headers that do not fit, 495 and 496 for a bad and a missing certificate, 497 for
 * plain HTTP. (A request line that does not fit, 414, has no URI yet and so cannot go to a named location.)
 * @param log where the access log is, as nginx finds it
 */
export function refusalPages(log: string): string[] {
  const byStatus = block('if ($gatehouse_reason = "")', ["set $gatehouse_reason $gatehouse_failure;"]);
  const page = (name: string, status: number, lines: readonly string[] = byStatus) =>
    block(`location @gatehouse_${name}`, [
      "types { }",
      "default_type text/plain;",
      accessLog(log, "gatehouse_refused"),
      ...lines,
      `return ${status} $gatehouse_page;`,
    ]);
  return [
    "error_page 495 496 =400 @gatehouse_certificate;",
    "error_page 494 =400 @gatehouse_headers;",
    "error_page 497 =400 @gatehouse_plain;",
    "error_page 403 @gatehouse_forbidden;",
    "error_page 404 @gatehouse_missing;",
    "error_page 405 @gatehouse_method;",
    "error_page 416 @gatehouse_range;",
    "error_page 421 @gatehouse_misdirected;",
    "error_page 429 @gatehouse_often;",
    ...page("certificate", 400, ["set $gatehouse_reason $gatehouse_refusal;"]),
    ...page("plain", 400, [`set $gatehouse_reason ${quote(REASON.plainHttp)};`]),
    ...page("headers", 400, [`set $gatehouse_reason ${quote(REASON.hugeHeaders)};`]),
    ...page("forbidden", 403),
    ...page("missing", 404),
    ...page("method", 405, [`add_header Allow ${quote(METHODS.join(", "))} always;`, ...byStatus]),
    ...page("range", 416),
    ...page("misdirected", 421),
    ...page("often", 429, ["add_header Retry-After 1 always;", ...byStatus]),
  ];
}
