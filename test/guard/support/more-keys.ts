import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { certificate, ec, ed25519, rsa, type Sample, tool } from "./keys.ts";

const text = (name: string, bytes: string | Buffer, level: Sample["level"] = "block"): Sample => {
  return { name, bytes: Buffer.from(bytes), text: true, level };
};
const binary = (name: string, bytes: Buffer, level: Sample["level"] = "block"): Sample => {
  return { name, bytes, text: false, level };
};

const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
};

type Field = "n" | "e" | "d" | "p" | "q" | "dp" | "dq" | "qi" | "x" | "y";
const numbers = (key: KeyObject) => {
  const fields = key.export({ format: "jwk" });
  return (name: Field) => Buffer.from(fields[name] ?? "", "base64url");
};
const little = (bytes: Buffer): Buffer => Buffer.from(bytes).reverse();

/** CryptoAPI's PRIVATEKEYBLOB. */
function privateKeyBlob(): Buffer {
  const number = numbers(rsa.privateKey);
  const parts = (["n", "p", "q", "dp", "dq", "qi", "d"] as const).map((name) => little(number(name)));
  const head = Buffer.concat([Buffer.from("0702000000a40000", "hex"), Buffer.from("RSA2"), u32(2048, 65_537)]);
  return Buffer.concat([head, ...parts]);
}

/** CNG's blobs. */
function cngRsa(): Buffer {
  const number = numbers(rsa.privateKey);
  const parts = (["e", "n", "p", "q"] as const).map(number);
  return Buffer.concat([Buffer.from("RSA2"), u32(2048, ...parts.map(({ length }) => length)), ...parts]);
}

function cngEc(): Buffer {
  const number = numbers(ec.privateKey);
  return Buffer.concat([Buffer.from("ECS2"), u32(32), number("x"), number("y"), number("d")]);
}

const pvk = (encrypted: 0 | 1): Buffer => {
  const salt = encrypted === 1 ? randomBytes(16) : Buffer.alloc(0);
  const blob = encrypted === 1 ? randomBytes(1172) : privateKeyBlob();
  const head = u32(0xb0b5f11e, 0, 2, encrypted, salt.length, blob.length);
  return Buffer.concat([head, salt, blob]);
};

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();

/** base58 with its checksum. */
function base58(body: Buffer): string {
  let number = BigInt(`0x${Buffer.concat([body, sha256(sha256(body)).subarray(0, 4)]).toString("hex")}`);
  let word = "";
  for (; number > 0n; number /= 58n) word = ALPHABET[Number(number % 58n)] + word;
  return word;
}

const secret = (): Buffer => Buffer.concat([Buffer.from([0x42]), randomBytes(31)]);
const wif = (compressed: boolean): string =>
  base58(Buffer.concat([Buffer.from([0x80]), secret(), Buffer.from(compressed ? [1] : [])]));
const xprv = (): string =>
  base58(Buffer.concat([Buffer.from("0488ade4", "hex"), randomBytes(41), Buffer.from([0]), secret()]));

function openVpn(): string {
  const lines = randomBytes(256)
    .toString("hex")
    .replace(/(.{32})/g, "$1\n");
  return `#\n# 2048 bit OpenVPN static key\n#\n-----BEGIN OpenVPN Static key V1-----\n${lines}-----END OpenVPN Static key V1-----\n`;
}

function labelled(label: string, body: Buffer): string {
  const lines = body.toString("base64").replace(/(.{64})(?=.)/g, "$1\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function cosign(): string {
  const kdf = { name: "scrypt", params: { N: 65_536, r: 8, p: 1 }, salt: randomBytes(32).toString("base64") };
  const cipher = { name: "nacl/secretbox", nonce: randomBytes(24).toString("base64") };
  return labelled(
    "ENCRYPTED SIGSTORE PRIVATE KEY",
    Buffer.from(JSON.stringify({ kdf, cipher, ciphertext: randomBytes(250).toString("base64") })),
  );
}

/** What .NET's serializers make of RSAParameters and ECParameters. */
function dotnet(): { rsa: string; ec: string } {
  const [r, e] = [numbers(rsa.privateKey), numbers(ec.privateKey)];
  const base64 = (bytes: Buffer) => bytes.toString("base64");
  const fields = { D: "d", DP: "dp", DQ: "dq", Exponent: "e", InverseQ: "qi", Modulus: "n", P: "p", Q: "q" } as const;
  const parameters = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, base64(r(field))]));
  const point = { X: base64(e("x")), Y: base64(e("y")) };
  const curve = { Oid: { Value: "1.2.840.10045.3.1.7", FriendlyName: "nistP256" } };
  return { rsa: JSON.stringify(parameters), ec: JSON.stringify({ D: base64(e("d")), Q: point, Curve: curve }) };
}

const withoutType = (key: KeyObject): string => JSON.stringify({ ...key.export({ format: "jwk" }), kty: undefined });

const P256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const emptyPkcs8 = P256.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "" });

function pkcs12(passphrase: string, ...args: readonly string[]): Buffer {
  tool("sh", ["-c", "cat > more.crt"], certificate);
  const files = ["-inkey", "own.key", "-in", "more.crt"];
  return tool("openssl", ["pkcs12", "-export", ...files, "-passout", `pass:${passphrase}`, ...args]);
}

const tor = Buffer.from("== ed25519v1-secret: type0 ==\0\0\0", "latin1");
const onion = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx";

/** One of every kind that has no structure of ASN.1, or hides it. */
export const MORE_SAMPLES: readonly Sample[] = [
  text("OpenVPN static key", openVpn()),
  text("OpenVPN tls-crypt-v2 server key", labelled("OpenVPN tls-crypt-v2 server key", randomBytes(128))),
  text("OpenVPN tls-crypt-v2 client key", labelled("OpenVPN tls-crypt-v2 client key", randomBytes(300))),
  binary("Tor onion service", Buffer.concat([tor, randomBytes(64)])),
  text("Tor client", `${onion}:descriptor:x25519:${"N2NU7BSRL6YODZCYPN4CREB54TYLKGIE2KYOQWLFYC23ZJVCE5DQ"}\n`),
  binary("PVK", pvk(0)),
  binary("PVK with a passphrase", pvk(1)),
  binary("CryptoAPI blob", privateKeyBlob()),
  binary("CNG blob, RSA", cngRsa()),
  binary("CNG blob, EC", cngEc()),
  text("JWK without kty, RSA", withoutType(rsa.privateKey)),
  text("JWK without kty, EC", withoutType(ec.privateKey)),
  text("JWK without kty, OKP", withoutType(ed25519.privateKey)),
  text(".NET parameters, RSA", dotnet().rsa),
  text(".NET parameters, EC", dotnet().ec),
  text("cosign", cosign(), "warn"),
  text("WIF", `${wif(false)}\n`),
  text("WIF, compressed", `key=${wif(true)}\n`),
  text("BIP 32", `${xprv()}\n`),
  binary("PKCS#12, empty passphrase", pkcs12("")),
  binary("PKCS#12, the passphrase of Java's manuals", pkcs12("changeit")),
  binary("PKCS#12, empty passphrase, no MAC", pkcs12("", "-nomac")),
  text("PBES2, empty passphrase", emptyPkcs8.toString()),
];

/** What looks like one of them and is none. */
export const NO_KEYS: readonly (readonly [name: string, bytes: Buffer | string])[] = [
  ["an OpenVPN key of X's", openVpn().replace(/[0-9a-f]{32}/g, "X".repeat(32))],
  ["an OpenVPN label in a manual", `put it between -----BEGIN ${"OpenVPN"} Static key V1----- and its end\n`],
  ["a Tor service's public half", `descriptor:x25519:${"N2NU7BSRL6YODZCYPN4CREB54TYLKGIE2KYOQWLFYC23ZJVCE5DQ"}\n`],
  ["a WIF with a wrong checksum", `${wif(true).replace(/.$/, (last) => (last === "z" ? "y" : "z"))}\n`],
  [
    "an extended public key",
    base58(Buffer.concat([Buffer.from("0488b21e", "hex"), randomBytes(41), Buffer.from([2]), secret()])),
  ],
  ["a public JWK without kty", JSON.stringify({ ...ec.publicKey.export({ format: "jwk" }), kty: undefined })],
  ["a JWK of X's", JSON.stringify({ kty: "RSA", n: "X".repeat(342), e: "AQAB", d: "X".repeat(342) })],
  ["WireGuard's placeholder of X's", `PrivateKey = ${"X".repeat(43)}=\n`],
  ["a PEM block of X's", `-----BEGIN PRIVATE KEY-----\n${`${"X".repeat(64)}\n`.repeat(20)}-----END PRIVATE KEY-----\n`],
  [
    "an old PEM block of X's",
    `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,${"0".repeat(32)}\n\n${`${"X".repeat(64)}\n`.repeat(20)}`,
  ],
  ["RSA in XML of X's", `<RSAKeyValue><Modulus>${"X".repeat(300)}</Modulus><D>${"X".repeat(300)}</D></RSAKeyValue>`],
  [
    "PKCS#12 of certificates alone",
    tool("openssl", "pkcs12 -export -nokeys -in more.crt -passout pass:other".split(" ")),
  ],
  [
    "PKCS#12 of certificates alone, old",
    tool("openssl", "pkcs12 -export -nokeys -in more.crt -passout pass:x -certpbe PBE-SHA1-3DES".split(" ")),
  ],
  ["the constant before an Ed25519 key, in a program", inProgram("302e020100300506032b657004220420")],
  ["the constant before an X25519 key, in a program", inProgram("302e020100300506032b656e04220420")],
  [
    "the constant before a P-256 key, in a program",
    inProgram("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420"),
  ],
  ["Windows' magic words in a program", inProgram(Buffer.from("RSA2RSA3ECS2ECK4").toString("hex"))],
];

/** A constant among others, as a compiler puts them: texts and zeros behind it. */
function inProgram(prefix: string): Buffer {
  const texts = Buffer.from("invalid key size\0unsupported curve\0cannot sign with a public key\0\0\0\0\0", "latin1");
  return Buffer.concat([randomBytes(200), Buffer.from(prefix, "hex"), texts, Buffer.alloc(300), randomBytes(64)]);
}
