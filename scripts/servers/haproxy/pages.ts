import type { DerivedFile } from "../../model/derived.ts";
import { DIR } from "../../model/layout.ts";
import { REASON } from "../gates.ts";
import { NOT_READABLE, PAGES } from "../page-texts.ts";

/** What HAProxy itself answers, and what a backend that is not there does. */
const OWN = {
  unreadable: [
    "This request cannot be read.",
    "",
    "What to do: send fewer and shorter headers, and write the URL as your server gave it to you.",
  ],
  unanswered: [
    "The server behind this one does not answer.",
    "",
    "What to do: try again later. If that does not help, tell the people who run this server.",
  ],
} as const;

/** A page for each reason that a gate here gives, by the name of its file. */
const BY_REASON = {
  "no-certificate": REASON.noCertificate,
  "not-listed": REASON.notListed,
  "wrong-server-name": REASON.wrongServerName,
  "resumed-session": REASON.resumedSession,
  "not-permitted": REASON.notPermitted,
  "no-home": REASON.noHome,
  "hidden-file": REASON.hiddenFile,
  method: REASON.method,
  "not-found": REASON.notFound,
} as const;

export type Page = keyof typeof BY_REASON | keyof typeof OWN | `not-verified-${number}`;

/** X509_V_ERR_… of OpenSSL 3: what it says of a certificate, so that the log says it as other servers' do. */
const VERIFY: Readonly<Record<number, string>> = {
  2: "unable to get issuer certificate",
  3: "unable to get certificate CRL",
  7: "certificate signature failure",
  8: "CRL signature failure",
  9: "certificate is not yet valid",
  10: "certificate has expired",
  11: "CRL is not yet valid",
  12: "CRL has expired",
  18: "self-signed certificate",
  19: "self-signed certificate in certificate chain",
  20: "unable to get local issuer certificate",
  21: "unable to verify the first certificate",
  22: "certificate chain too long",
  23: "certificate revoked",
  25: "path length constraint exceeded",
  26: "unsuitable certificate purpose",
  79: "invalid CA certificate",
};

/** verify.map: OpenSSL's number → its words. */
export function verifyLines(): string[] {
  return Object.entries(VERIFY).map(([code, words]) => `${code} ${words}`);
}

/** The first page that the reason leads to, as nginx would find it among its maps' patterns. */
function linesOf(reason: string): readonly string[] {
  const hit = PAGES.find(([key]) => (key.startsWith("~") ? new RegExp(key.slice(1)).test(reason) : key === reason));
  return hit?.[1] ?? NOT_READABLE;
}

/** Certificates that were not verified: the page, and the numbers that lead there; the last one for all others. */
export function notVerifiedPages(): readonly { readonly page: Page; readonly codes: readonly string[] }[] {
  const found = new Map<readonly string[], string[]>();
  for (const [code, words] of Object.entries(VERIFY)) {
    const lines = linesOf(`${REASON.notVerified}: ${words}`);
    found.set(lines, [...(found.get(lines) ?? []), code]);
  }
  const others = linesOf(REASON.notVerified);
  const special = [...found].filter(([lines]) => lines !== others);
  return [...special, [others, []] as const].map(([, codes], n): { page: Page; codes: readonly string[] } => ({
    page: `not-verified-${n + 1}`,
    codes,
  }));
}

/** pages/NAME.txt, plain text, without a line about where they come from: clients read them. */
export function pageFiles(): DerivedFile[] {
  const verified = notVerifiedPages().map(({ page, codes: [code] }) => {
    const words = code === undefined ? "" : `: ${VERIFY[Number(code)]}`;
    return [page, linesOf(`${REASON.notVerified}${words}`)] as const;
  });
  const reasons = Object.entries(BY_REASON).map(([page, reason]) => [page, linesOf(reason)] as const);
  return [...verified, ...reasons, ...Object.entries(OWN)].map(([page, lines]) => ({
    path: `${DIR.haproxy}/pages/${page}.txt`,
    text: lines.map((line) => `${line}\n`).join(""),
  }));
}
