import { randomBytes } from "node:crypto";
import { crc32, deflateRawSync } from "node:zlib";

const string = (bytes: Buffer | string): Buffer => {
  const data = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
};

/** A .ppk file as puttygen writes it (PuTTY's manual, appendix C). */
export function putty(version: 2 | 3, encryption: "none" | "aes256-cbc"): string {
  const publicBlob = Buffer.concat([string("ssh-ed25519"), string(randomBytes(32))]).toString("base64");
  const privateBlob = string(randomBytes(32)).toString("base64");
  const lines = (text: string) => `${Math.ceil(text.length / 64)}\n${text.replace(/(.{64})(?=.)/g, "$1\n")}\n`;
  const derivation =
    version === 3 && encryption !== "none"
      ? `Key-Derivation: Argon2id\nArgon2-Memory: 8192\nArgon2-Passes: 13\nArgon2-Parallelism: 1\nArgon2-Salt: ${randomBytes(16).toString("hex")}\n`
      : "";
  const head = `PuTTY-User-Key-File-${version}: ssh-ed25519\nEncryption: ${encryption}\nComment: test\n`;
  const mac = randomBytes(version === 3 ? 32 : 20).toString("hex");
  return `${head}Public-Lines: ${lines(publicBlob)}${derivation}Private-Lines: ${lines(privateBlob)}Private-MAC: ${mac}\n`;
}

/** A Java keystore with one key, without certificates. */
export function javaKeystore(magic: number, tag = 1): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const alias = Buffer.from("mykey");
  const date = Buffer.concat([number(0x18d), randomBytes(4)]);
  const body = randomBytes(300);
  const entry = [number(tag), Buffer.from([0, alias.length]), alias, date];
  const type = Buffer.concat([Buffer.from([0, 5]), Buffer.from("X.509")]);
  const content = tag === 2 ? [type, string(body)] : [string(body), number(0)];
  return Buffer.concat([number(magic), number(2), number(1), ...entry, ...content, randomBytes(20)]);
}

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** BIP 173. */
export function bech32(prefix: string, data: Buffer): string {
  const words: number[] = [];
  let bits = 0;
  let value = 0;
  for (const byte of data) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      words.push((value >> bits) & 31);
    }
    value &= (1 << bits) - 1;
  }
  if (bits > 0) words.push((value << (5 - bits)) & 31);
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  const sum = polymod([...codes.map((c) => c >> 5), 0, ...codes.map((c) => c & 31), ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const check = [25, 20, 15, 10, 5, 0].map((shift) => (sum >> shift) & 31);
  return `${prefix}1${[...words, ...check].map((word) => ALPHABET[word]).join("")}`;
}

function polymod(values: readonly number[]): number {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
  return values.reduce((sum, value) => {
    const top = sum >>> 25;
    const next = ((sum & 0x1ffffff) << 5) ^ value;
    return generator.reduce((all, constant, bit) => ((top >>> bit) & 1 ? all ^ constant : all), next);
  }, 1);
}

/** A zip archive of one file, without a central directory: local headers are enough for most readers to repair it. */
export function zip(bytes: Buffer, { flags = 0, name = "word/document.xml", stored = false } = {}): Buffer {
  const packed = stored ? bytes : deflateRawSync(bytes);
  const header = Buffer.alloc(30);
  header.writeUInt32BE(0x504b0304, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(stored ? 0 : 8, 8);
  header.writeUInt32LE(crc32(bytes), 14);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt32LE(bytes.length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, Buffer.from(name), packed]);
}

/** A tar archive (POSIX ustar) of one file. */
export function tar(bytes: Buffer, name = "key"): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000600\0", 100);
  header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512), Buffer.alloc(1024)]);
}
