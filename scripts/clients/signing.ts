import type { SigningKey } from "./context.ts";

/**
 * Which form a repository's public half has. By its first words only: whether it is what it says, and public, was
 * decided when the registry was read.
 */
type SigningForm = "public key" | "certificate" | "armored" | "openpgp" | "text";

export function formOf({ data }: SigningKey): SigningForm {
  const text = Buffer.from(data).toString("latin1");
  const [, label] = /-----BEGIN (PUBLIC KEY|CERTIFICATE|PGP)\b/.exec(text) ?? [];
  if (label === "PGP") return "armored";
  if (label === "PUBLIC KEY") return "public key";
  if (label === "CERTIFICATE") return "certificate";
  // OpenPGP begins with a packet's tag, of which the highest bit is set (RFC 9580, 4.2).
  return (data[0] ?? 0) >= 0x80 ? "openpgp" : "text";
}
