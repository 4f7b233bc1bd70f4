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
  hugeHeaders: "headers too large",
  notFound: "not found",
  notReadable: "not readable",
  badRequest: "bad request",
} as const;

/** Reasons that follow from the status alone, where no gate has set one. */
export const REASON_BY_STATUS: Readonly<Record<string, string>> = {
  "400": REASON.badRequest,
  "403": REASON.notReadable,
  "404": REASON.notFound,
  "405": REASON.method,
  "414": REASON.badRequest,
  "416": "range not satisfiable",
  "421": REASON.wrongServerName,
};
