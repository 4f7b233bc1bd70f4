import { createHash, randomUUID } from "node:crypto";
import { deflateSync, gzipSync } from "node:zlib";
import { tar, zip } from "./formats.ts";

/** Numbers from a seed (mulberry32): the same files for everybody. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 to below `most`. */
  below(most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * most);
  }

  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)] as T;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  times<T>(most: number, make: (index: number) => T): T[] {
    return Array.from({ length: 1 + this.below(most) }, (_, index) => make(index));
  }
}

type Make = (dice: Dice) => string | Buffer;

const WORDS =
  "the key private secret token public certificate value user config server client data request with for from to is not an exponent modulus d e n x y priv BEGIN END RSA PRIVATE KEY encrypted passphrase signature hash digest".split(
    " ",
  );
const words = (dice: Dice, most: number): string => dice.times(most, () => dice.of(WORDS)).join(" ");
const name = (dice: Dice): string =>
  dice.times(3, (index) => (index === 0 ? dice.of(WORDS).toLowerCase() : dice.of(WORDS))).join("");
const hex = (dice: Dice, bytes: number): string => dice.bytes(bytes).toString("hex");
const base64 = (dice: Dice, bytes: number): string => dice.bytes(bytes).toString("base64");
const lines = (text: string): string => text.replace(/(.{64})/g, "$1\n");
const pem = (label: string, body: string): string =>
  `-----BEGIN ${label}-----\n${lines(body)}\n-----END ${label}-----\n`;

const STATEMENTS: readonly ((dice: Dice) => string)[] = [
  (dice) => `const ${name(dice)} = "${words(dice, 6)}"; // ${words(dice, 8)}`,
  (dice) => `def ${name(dice)}(${name(dice)}, d=${dice.below(999)}):\n    return ${name(dice)}[0x${hex(dice, 2)}]`,
  (dice) => `static const unsigned char ${name(dice)}[] = { ${dice.times(16, () => `0x${hex(dice, 1)}`).join(", ")} };`,
  (dice) => `func ${name(dice)}(d []byte) (*rsa.PrivateKey, error) { return x509.ParsePKCS1PrivateKey(d) }`,
  (dice) => `let ${name(dice)}: [u8; 32] = [${dice.times(30, () => dice.below(256)).join(", ")}];`,
  (dice) => `INSERT INTO ${name(dice)} VALUES (${dice.below(1e6)}, '${words(dice, 5)}', X'${hex(dice, 20)}');`,
  (dice) => `public class ${name(dice)} { private static final long serialVersionUID = ${dice.below(2 ** 31)}L; }`,
  (dice) => `${name(dice)}=$(openssl rsa -in ${name(dice)}.pem -pubout) || exit ${dice.below(9)}`,
  (dice) => `$${name(dice)} = "-----BEGIN PRIVATE KEY-----" . "\\n${words(dice, 4)}";`,
  (dice) => `  :${name(dice)} => '\\x${hex(dice, 1)}\\u00${hex(dice, 1)}', # ${words(dice, 4)}`,
];

const script = (dice: Dice): string => dice.times(60, () => dice.of(STATEMENTS)(dice)).join("\n");
const prose = (dice: Dice): string => dice.times(20, () => `${words(dice, 40)}.`).join("\n\n");
const changelog = (dice: Dice): string =>
  dice.times(50, () => `* ${hex(dice, 20)} ${words(dice, 9)} (${hex(dice, 4)})`).join("\n");
const lock = (dice: Dice): string =>
  JSON.stringify(
    dice.times(40, () => ({
      resolved: `https://example.com/${name(dice)}.tgz`,
      integrity: `sha512-${base64(dice, 64)}`,
    })),
  );
const table = (dice: Dice): string =>
  dice
    .times(60, () => [randomUUID(), dice.below(1e9), words(dice, 3), hex(dice, 16), base64(dice, 24)].join(","))
    .join("\n");
const tokens = (dice: Dice): string =>
  JSON.stringify(
    dice.times(20, () => ({ id: hex(dice, 12), d: words(dice, 3), token: base64(dice, 40), sha256: hex(dice, 32) })),
  );
const minified = (dice: Dice): string =>
  `!function(e,t){${dice.times(300, () => `${dice.of([..."abcdenxy"])}.${dice.of([..."abcdenxy"])}(${dice.below(1e4)})`).join(";")}}`;
const picture = (dice: Dice): Buffer =>
  Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), deflateSync(dice.bytes(dice.below(900)))]);
const dump = (dice: Dice): string =>
  dice
    .times(
      30,
      (row) =>
        `${(16 * row).toString(16).padStart(8, "0")}: ${dice.times(8, () => hex(dice, 2)).join(" ")}  ................`,
    )
    .join("\n");
const program = (dice: Dice): Buffer =>
  Buffer.concat(
    dice.times(30, () =>
      dice.of([
        dice.bytes(dice.below(200)),
        Buffer.alloc(dice.below(99)),
        Buffer.from(`${words(dice, 5)}\0`),
        Buffer.from("308204a40201000282010100", "hex"),
      ]),
    ),
  );
const mail = (dice: Dice): string =>
  `From ${name(dice)}@example.com Mon Nov 30 2026\nMessage-ID: <${hex(dice, 16)}@example.com>\n\n${words(dice, 60)}\n\n--${hex(dice, 8)}\nContent-Transfer-Encoding: base64\n\n${lines(base64(dice, 700))}\n`;
const signed = (dice: Dice): string => `${words(dice, 30)}\n${pem("PGP SIGNATURE", base64(dice, 300))}`;
const hosts = (dice: Dice): string =>
  dice
    .times(
      20,
      () => `|1|${base64(dice, 20)}|${base64(dice, 20)} ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ${base64(dice, 255)}`,
    )
    .join("\n");
const config = (dice: Dice): string =>
  `[Peer]\nPublicKey = ${base64(dice, 32)}\nPrivateKey = ${"x".repeat(44)}\nsecret: <your ${words(dice, 3)} here>\ntoken: ${"X".repeat(dice.below(90))}\n`;
const xml = (dice: Dice): string =>
  dice
    .times(
      30,
      () =>
        `<d id="${hex(dice, 4)}"><D>${words(dice, 4)}</D><path d="M${dice.below(99)} ${dice.below(99)}l${dice.below(99)}"/></d>`,
    )
    .join("");

/** What files without keys are made of, by what they are. */
export const HARMLESS: Readonly<Record<string, Make>> = {
  script,
  prose,
  changelog,
  lock,
  table,
  tokens,
  minified,
  picture,
  dump,
  program,
  mail,
  signed,
  hosts,
  config,
  xml,
  "an inlined picture": (dice) => `<img src="data:image/png;base64,${picture(dice).toString("base64")}">`,
  "a request": (dice) => pem("CERTIFICATE REQUEST", base64(dice, 500)),
  "an archive": (dice) => gzipSync(tar(Buffer.from(script(dice)))),
  "an office document": (dice) =>
    Buffer.concat([zip(Buffer.from(xml(dice))), zip(picture(dice), { name: "a.png", stored: true })]),
  "a document of PDF": (dice) =>
    Buffer.concat([Buffer.from("%PDF-1.7\nstream\n"), deflateSync(prose(dice)), Buffer.from("\nendstream\n")]),
  "text in 16 bits": (dice) => Buffer.from(prose(dice), "utf16le"),
  "a list of sums": (dice) =>
    dice.times(80, () => `${createHash("sha256").update(name(dice)).digest("hex")}  ${name(dice)}.tar.gz`).join("\n"),
};
