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
