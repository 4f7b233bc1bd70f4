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
  tooMany: "too many requests",
  plainHttp: "plain HTTP on a TLS port",
  hugeHeaders: "headers too large",
  notFound: "not found",
  notReadable: "not readable",
  badRequest: "bad request",
  range: "range not satisfiable",
} as const;

/** Reasons that follow from the status alone, where no gate has given one. */
export const REASON_BY_STATUS: Readonly<Record<string, string>> = {
  "400": REASON.badRequest,
  "403": REASON.notReadable,
  "404": REASON.notFound,
  "405": REASON.method,
  "414": REASON.badRequest,
  "416": REASON.range,
  "421": REASON.wrongServerName,
  "429": REASON.tooMany,
};
