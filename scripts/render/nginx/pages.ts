import { block, quote, quoteLines } from "./text.ts";

/** Why a request was refused, as the access log says it. `not verified` goes on with OpenSSL's own words. */
export const REASON = {
  noCertificate: "no certificate",
  notVerified: "not verified",
  notListed: "not listed",
  wrongServerName: "wrong server name",
  resumedSession: "resumed session",
  notPermitted: "not permitted",
  noHome: "no home",
  hiddenFile: "hidden file",
  method: "method not allowed",
  plainHttp: "plain HTTP on a TLS port",
  notFound: "not found",
  notReadable: "not readable",
  badRequest: "bad request",
} as const;

/** Reasons that follow from the status alone, where no gate has set one. */
const BY_STATUS: Readonly<Record<string, string>> = {
  "400": REASON.badRequest,
  "403": REASON.notReadable,
  "404": REASON.notFound,
  "405": REASON.method,
  "414": REASON.badRequest,
  "416": "range not satisfiable",
  "421": REASON.wrongServerName,
};

const ASK = "Ask the people who run this server for a new one.";

/** First match wins. Keys that begin with ~ are regular expressions over the reason. Nothing here repeats input. */
const PAGES: readonly (readonly [key: string, lines: readonly string[]])[] = [
  [
    REASON.noCertificate,
    [
      "No client certificate.",
      "",
      "This server answers only clients that show a certificate, and yours showed none.",
      "What to do: tell your client which certificate and key to use:",
      "  curl   --cert FILE.crt --key FILE.key",
      "  pkg    env { SSL_CLIENT_CERT_FILE, SSL_CLIENT_KEY_FILE } in the repository's configuration",
      "  apt    Acquire::https::HOST { SslCert; SslKey; } in apt.conf.d, the key readable by _apt",
      "If you have none yet, ask the people who run this server for access.",
    ],
  ],
  [
    "~^not verified: .*CRL (?:has expired|is not yet valid)",
    [
      "This server cannot check certificates at the moment: its list of revoked ones is out of date.",
      "",
      "What to do: nothing is wrong at your end. Tell the people who run this server.",
    ],
  ],
  ["~^not verified: .*expired", ["Your client certificate has expired.", "", `What to do: ${ASK}`]],
  [
    "~^not verified: .*not yet valid",
    ["Your client certificate is not valid yet.", "", "What to do: check the clock of both machines, and try again."],
  ],
  [
    "~^not verified: .*revoked",
    ["Your client certificate was revoked or is suspended.", "", "What to do: ask the people who run this server why."],
  ],
  [
    "~^not verified",
    [
      "Your client certificate is not one that this server accepts.",
      "",
      "It must be a client certificate issued by this server's own authority. What to do:",
      "check that your client uses the certificate made for this server, with its full chain.",
    ],
  ],
  [
    REASON.notListed,
    [
      "Your client certificate is no longer admitted here.",
      "",
      "It was revoked, suspended or replaced, or the client it belongs to was removed. What to do:",
      `if you were sent a newer certificate, use that one. ${ASK}`,
    ],
  ],
  [
    REASON.wrongServerName,
    [
      "This connection was made for another server name.",
      "",
      "What to do: use the server's name in the URL, not its address, and no Host header of your own.",
    ],
  ],
  [
    REASON.resumedSession,
    ["This connection resumed an older one, which this server does not take.", "", "What to do: connect again."],
  ],
  [
    "~^not permitted",
    [
      "You are known here, but this repository is not open to you.",
      "",
      "What to do: check the URL, or ask the people who run this server for access to the repository.",
    ],
  ],
  [
    REASON.noHome,
    [
      "You are known here, but no repository is set as your home.",
      "",
      "What to do: use the repository's own URL, or ask the people who run this server.",
    ],
  ],
  [REASON.hiddenFile, ["Names that begin with a dot are not served.", "", "What to do: check the URL."]],
  [REASON.method, ["This server is for reading only.", "", "What to do: use GET or HEAD."]],
  [REASON.plainHttp, ["This port speaks HTTPS only.", "", "What to do: begin the URL with https://."]],
  [
    REASON.notFound,
    ["There is nothing at this address.", "", "What to do: check the URL; upper and lower case differ."],
  ],
];

const NOT_READABLE = [
  "This cannot be read.",
  "",
  "Directories are not listed; a file may be closed to the server, or be a link to somebody else's file.",
  "What to do: check the URL. If it is right, tell the people who run this server.",
];

/**
 * Maps of reasons and pages. `$gatehouse_reason` follows from the status unless a gate sets it; being a map
 * first, it is never uninitialised, not even for a request whose headers could not be read.
 */
export function reasonMaps(): string[] {
  return [
    ...block("map $status $gatehouse_reason", [
      'default "";',
      ...Object.entries(BY_STATUS).map(([status, reason]) => `${status} ${quote(reason)};`),
    ]),
    ...block("map $ssl_client_verify $gatehouse_refusal", [
      `default "${REASON.notVerified}: $ssl_client_verify";`,
      `NONE ${quote(REASON.noCertificate)};`,
      `SUCCESS ${quote(REASON.notListed)};`,
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
 * Where refusals end: plain text, so that curl and logs show it as it is. Named locations, because a URI
 * would pass the server's own gates again and answer 403 for everything.
 * 495 and 496 are nginx's inner names for a bad and a missing certificate, 497 for plain HTTP.
 */
export function refusalPages(): string[] {
  const page = (name: string, status: number, lines: readonly string[] = []) =>
    block(`location @gatehouse_${name}`, [
      "types { }",
      "default_type text/plain;",
      ...lines,
      `return ${status} $gatehouse_page;`,
    ]);
  return [
    "error_page 495 496 =400 @gatehouse_certificate;",
    "error_page 497 =400 @gatehouse_plain;",
    "error_page 403 @gatehouse_forbidden;",
    "error_page 404 @gatehouse_missing;",
    "error_page 405 @gatehouse_method;",
    "error_page 421 @gatehouse_misdirected;",
    ...page("certificate", 400, ["set $gatehouse_reason $gatehouse_refusal;"]),
    ...page("plain", 400, [`set $gatehouse_reason ${quote(REASON.plainHttp)};`]),
    ...page("forbidden", 403),
    ...page("missing", 404),
    ...page("method", 405, ['add_header Allow "GET, HEAD" always;']),
    ...page("misdirected", 421),
  ];
}
