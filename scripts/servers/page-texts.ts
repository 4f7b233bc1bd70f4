import { REASON } from "./gates.ts";

const ASK = "ask the people who run this server for a new one.";

/** First match wins. Keys that begin with ~ are regular expressions over the reason. Nothing here repeats input. */
export const PAGES: readonly (readonly [key: string, lines: readonly string[]])[] = [
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
    "~^not verified: .*CRL (?:has expired|is not yet valid|signature failure)",
    [
      "This server cannot check certificates at the moment: its list of revoked ones is out of date or damaged.",
      "",
      "What to do: nothing is wrong at your end. Tell the people who run this server.",
    ],
  ],
  [
    // Also what OpenSSL says of a chain through an intermediate that is not ours.
    "~^not verified: .*unable to get certificate CRL",
    [
      "This server has no list of revoked certificates for the authority that issued yours.",
      "",
      "What to do: check that your client uses the certificate made for this server, with its full chain.",
      "If it does, nothing is wrong at your end: tell the people who run this server.",
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
      `if you were sent a newer certificate, use that one; else ${ASK}`,
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
  [
    REASON.tooMany,
    [
      "You are known here, but ask more often than this server allows.",
      "",
      "What to do: wait a little, and try again.",
    ],
  ],
  [
    REASON.range,
    ["This file has no such part.", "", "What to do: ask without a range; the file may have changed since you began."],
  ],
  [REASON.method, ["This server is for reading only.", "", "What to do: use GET or HEAD."]],
  [
    REASON.hugeHeaders,
    [
      "The headers of this request are too large.",
      "",
      "What to do: send fewer and shorter ones; no cookies are needed.",
    ],
  ],
  [REASON.plainHttp, ["This port speaks HTTPS only.", "", "What to do: begin the URL with https://."]],
  [
    REASON.notFound,
    ["There is nothing at this address.", "", "What to do: check the URL; upper and lower case differ."],
  ],
];

/** For what has no page of its own: a directory, a file that the server may not read. */
export const NOT_READABLE = [
  "This cannot be read.",
  "",
  "Directories are not listed; a file may be closed to the server, or be a link to somebody else's file.",
  "What to do: check the URL. If it is right, tell the people who run this server.",
];
