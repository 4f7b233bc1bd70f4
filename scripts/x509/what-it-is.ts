import { X509Error } from "./error.ts";

const RULE = "Take pki/reqs/ out of that rule in .gitattributes, then: git add --renormalize pki/reqs";

/** How files begin that are no text; RFC 1952, APPNOTE 4.3.7, and each program's own. */
const MAGIC: readonly (readonly [magic: string, what: string, ...hints: string[]])[] = [
  ["\0GITCRYPT\0", "this is sealed by git-crypt", RULE],
  ["version https://git-lfs.github.com/", "this is a pointer of git-lfs, not the file", RULE],
  ["\x1f\x8b", "this is packed with gzip"],
  ["PK\x03\x04", "this is a zip archive"],
  ["\xfe\xed\xfe\xed", "this is a Java keystore; keytool -certreq makes a request from it"],
  ["%PDF", "this is a PDF"],
];

/** What bytes that are no request's are, where their beginning tells; null where it does not. */
export function binaryProblem(bytes: Buffer): X509Error | null {
  const start = bytes.toString("latin1", 0, 64);
  const known = MAGIC.find(([magic]) => start.startsWith(magic));
  if (known === undefined) return null;
  const [, what, ...hints] = known;
  return new X509Error(what, ...hints);
}

const TEXTS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+ AAAA|^---- BEGIN SSH2 /m, "this is an SSH key, not a certificate request"],
  [/^PuTTY-User-Key-File/m, "this is a key of PuTTY, not a certificate request"],
  [/^age1[a-z0-9]{50}/m, "this is a recipient of age, not a certificate request"],
  [/<(?:!doctype|html|head|body)\b/i, "this is a web page: what was downloaded is not the request"],
  [/BEGIN (?:NEW )?CERTIFICATE REQUEST/i, "the BEGIN line is damaged: it has five plain dashes at each side"],
  [/-----END (?:NEW )?CERTIFICATE REQUEST-----/, "the BEGIN line is missing, and perhaps more"],
  [
    /^\s{0,40}Certificate Request:/m,
    "this is a request's text without the request: openssl req -text without -noout has both",
  ],
];

/** What a text without a PEM block is. */
export function textProblem(text: string, whole: Buffer): X509Error {
  if (text.trim() === "") return new X509Error("the file is empty");
  const known = TEXTS.find(([pattern]) => pattern.test(text));
  if (known !== undefined) return new X509Error(known[1]);
  if (/^0[\x80-\x84]/.test(whole.toString("latin1", 0, 2)))
    return new X509Error("this is DER that is cut short, or has something after it");
  return new X509Error(
    whole.includes(0)
      ? "this is binary, and nothing that is known here"
      : 'this is text in which there is no PEM block "CERTIFICATE REQUEST"',
  );
}
