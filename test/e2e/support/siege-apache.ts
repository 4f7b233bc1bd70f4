import { Siege } from "./siege.ts";
import { CERTIFICATES, NAMES, PATHS } from "./siege-refusals.ts";
import { PKG } from "./siege-registry.ts";
import type { Refusal, Sent } from "./siege-sent.ts";

/** Apache refuses a certificate in the handshake, so no page is possible; its error log says why. */
const SAID: Readonly<Record<string, RegExp>> = {
  "no certificate": /peer did not return a certificate/,
  dave: /certificate revoked/,
  erin: /certificate revoked/,
  gina: /certificate revoked/,
  lotte: /certificate revoked/,
  late: /certificate has expired/,
  double: /Certificate Verification: Error/,
  twin: /Certificate Verification: Error/,
  middleman: /Certificate Verification: Error/,
  daughter: /Certificate Verification: Error/,
  [PKG]: /certificate purpose/,
  build01: /certificate purpose/,
};

export const HANDSHAKES: readonly (readonly [sentence: string, sent: Sent, said: RegExp])[] = CERTIFICATES.map(
  ([sentence, sent]) => {
    const said = SAID[sent.client ?? "no certificate"];
    if (said === undefined) throw new Error(`what does Apache say of ${sentence}?`);
    return [sentence, sent, said];
  },
);

/** mod_ssl itself refuses these, and gives no reason but the status. */
export const MISDIRECTED: readonly Refusal[] = NAMES.map(([sentence, sent, status, , page]) => {
  return [sentence, sent, status, /^wrong server name$|^-$/, page];
});

const NOTHING = "nothing at this address";

/** What Apache answers otherwise than nginx: it gives no reason where it finds nothing, and lists nothing by not finding it. */
const OTHERWISE: Readonly<Record<string, readonly [status: number, reason: string | RegExp, page: string]>> = {
  "%252e%252e": [404, "-", NOTHING],
  "a link to another owner's file": [403, "-", "somebody else's file"],
  "a directory's list": [404, "-", NOTHING],
  "a repository whose root is missing": [404, "-", NOTHING],
  "a line break at home": [404, "-", NOTHING],
};

export const APACHE_PATHS: readonly Refusal[] = PATHS.map((refusal) => {
  const [sentence, sent] = refusal;
  const other = OTHERWISE[sentence];
  return other === undefined ? refusal : [sentence, sent, ...other];
});

export const start = (edit?: (conf: string) => string) => Siege.start(edit, "apache");
/** How OpenSSL tells a client that the server has refused its certificate, or that there was none. */
export const REFUSED = /alert|ECONNRESET|closed without an answer|hang up/;
