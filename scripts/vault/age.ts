import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../model/problem.ts";
import { sshRecipient } from "./ssh-recipient.ts";

/**
 * The bytes encrypted with age, so that each of the recipients can open them.
 * @param recipient `age1…`, `ssh-ed25519 …`, `ssh-rsa …`, or a file with such, one a line
 * @throws UserError for what is none
 */
export async function encryptTo(recipient: string, data: Uint8Array): Promise<Uint8Array> {
  const { Encrypter, Stanza } = await import("age-encryption");
  const encrypter = new Encrypter();
  const stanza = (args: string[], body: Uint8Array) => new Stanza(args, body);
  for (const line of recipientLines(recipient)) {
    if (line.startsWith("age1")) {
      try {
        encrypter.addRecipient(line);
      } catch {
        throw noRecipient(line);
      }
    } else {
      const found = await sshRecipient(line, stanza);
      if (found === null) throw noRecipient(line);
      encrypter.addRecipient(found);
    }
  }
  return encrypter.encrypt(data);
}

const RECIPIENT = /^(?:age1|ssh-)/;

function recipientLines(recipient: string): string[] {
  const lines = (RECIPIENT.test(recipient) ? recipient : read(recipient)).split("\n").map((line) => line.trim());
  const found = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (found.length === 0) throw new UserError(`${recipient} names no recipient`, KINDS);
  return found;
}

function read(file: string): string {
  if (!existsSync(file)) throw new UserError(`--recipient: ${file} is neither a public key nor a file`, KINDS);
  return readFileSync(file, "utf8");
}

const KINDS = "give a public key, or a file with some: age1…, ssh-ed25519 …, ssh-rsa … (2048 bits or more)";

/** What was given may be a private key by mistake: it is never shown. */
function noRecipient(line: string): UserError {
  if (/PRIVATE KEY|AGE-SECRET-KEY/i.test(line)) return new UserError("--recipient: that is a private key", KINDS);
  return new UserError(`--recipient: ${line.slice(0, 24)}… is no public key that age can encrypt to`, KINDS);
}
