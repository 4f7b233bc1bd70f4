/**
 * What the gates of every server of repositories say alike. A request passes them in this order: the certificate was
 * verified, the handshake was for a name of the server's own, the serial number is listed, no session is resumed, the
 * method only reads, nothing hidden is asked for, and one of the client's groups may reach the repository.
 */
export const METHODS = ["GET", "HEAD"] as const;

/** Another name for the path of one repository. */
export const HOME = "/home/";

/** Below it is what is ours: nothing that a repository holds. */
export const RESERVED = "/.gatehouse/";

/** The successor of the certificate that was presented. */
export const RENEWAL = `${RESERVED}certificate`;

/** PCRE, of a decoded path: hidden at the top, but for our own, or hidden further down. It begins with a slash, which PCRE looks for quickly. */
export const HIDDEN = "/[.](?!(?<=^/[.])gatehouse/)";

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
