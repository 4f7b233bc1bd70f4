import { sign } from "node:crypto";
import { bitString, element, fromBytes, integer, sequence, toBytes } from "../../../scripts/x509/der-write.ts";
import { schemeForKey } from "../../../scripts/x509/signature.ts";
import { algorithmOf } from "../../../scripts/x509/signer.ts";
import { subjectName } from "../../../scripts/x509/write-name.ts";
import { type Pair, pair, spkiOf } from "./made.ts";
import { directory, must } from "./programs.ts";

/** A request by openssl for this `-newkey`. */
export function byOpenssl(
  newkey: readonly string[],
  rest: readonly string[] = ["-subj", "/"],
): { request: string; key: string } {
  const cwd = directory();
  const key = ["-newkey", ...newkey, "-nodes", "-keyout", "key.pem"];
  must("openssl", ["req", "-new", ...key, "-out", "a.req", ...rest], cwd);
  const text = (args: readonly string[]) => must("openssl", args, cwd);
  return { request: text(["req", "-in", "a.req"]), key: text(["pkey", "-in", "key.pem"]) };
}

/** A request of ours: what openssl would not make. */
export function made(
  { publicKey, privateKey }: Pair,
  change: { version?: number; spki?: Buffer; attributes?: string; algorithm?: string } = {},
): Buffer {
  const scheme = schemeForKey(privateKey);
  const spki = toBytes(change.spki ?? spkiOf(publicKey));
  const name = subjectName({ commonName: "alice", organization: "Example Ltd", country: null });
  const body = sequence(integer(change.version ?? 0), name, spki, change.attributes ?? element(0xa0, ""));
  const signature = sign(scheme.hash, fromBytes(body), privateKey);
  return fromBytes(sequence(body, change.algorithm ?? algorithmOf(scheme), bitString(toBytes(signature))));
}

export const USUAL = pair("ec-p256");

/** The RSA key's SubjectPublicKeyInfo with another modulus and exponent. */
export function rsa(modulus: (n: bigint) => bigint, exponent: bigint): Buffer {
  const { n } = pair("rsa-3072").publicKey.export({ format: "jwk" });
  const changed = modulus(BigInt(`0x${Buffer.from(n ?? "", "base64url").toString("hex")}`));
  const number = (value: bigint) => {
    const hex = value.toString(16);
    return element(2, toBytes(Buffer.from(`00${hex.padStart(hex.length + (hex.length % 2), "0")}`, "hex")));
  };
  const algorithm = "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
  return fromBytes(sequence(algorithm, bitString(sequence(number(changed), number(exponent)))));
}

export function withoutNull(): Buffer {
  const spki = toBytes(rsa((n) => n, 65537n)).slice(4);
  return fromBytes(sequence(`\x30\x0b${spki.slice(2, 13)}`, spki.slice(15)));
}

export function point(change: (uncompressed: Buffer) => Buffer): Buffer {
  const spki = spkiOf(USUAL.publicKey);
  return fromBytes(sequence(toBytes(spki.subarray(2, 23)), bitString(toBytes(change(spki.subarray(26))))));
}

export function nested(depth: number): string {
  return depth === 0 ? "" : sequence(nested(depth - 1));
}

/** BER of the same request: the outermost length indefinite, or in one byte more than it needs. */
export function indefinite(der: Buffer): Buffer {
  return Buffer.concat([Buffer.from("3080", "hex"), der.subarray(4), Buffer.from("0000", "hex")]);
}

export function padded(der: Buffer): Buffer {
  return Buffer.concat([Buffer.from("308300", "hex"), der.subarray(2)]);
}
