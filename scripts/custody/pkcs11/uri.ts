import { isAbsolute } from "node:path";
import { UserError } from "../../model/problem.ts";

/** What a pkcs11: URI (RFC 7512) says of the key: each that is there has to fit. */
export interface TokenUri {
  readonly module: string;
  readonly token: string | null;
  readonly serial: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly slot: bigint | null;
  readonly label: Buffer | null;
  readonly id: Buffer | null;
  /** A file whose first line is the PIN. */
  readonly pinFile: string | null;
}

const VARIABLE = "GATEHOUSE_CA_KEY_URI";
const EXAMPLE = "pkcs11:token=gatehouse;object=ca?module-path=/usr/lib/softhsm/libsofthsm2.so";
const PATH = ["token", "serial", "manufacturer", "model", "slot-id", "object", "id", "type"];
const QUERY = ["module-path", "pin-source"];

/** @throws UserError that names what is wrong and never a value, which may be a PIN */
export function parseTokenUri(text: string): TokenUri {
  if (!text.startsWith("pkcs11:")) throw wrong("does not begin with pkcs11:");
  const [path = "", query = "", ...more] = text.slice("pkcs11:".length).split("?");
  if (more.length > 0) throw wrong("has more than one question mark");
  if (/(?:^|&)pin-value=/.test(query))
    throw wrong(
      "holds a PIN (pin-value), which has no place there",
      "pin-source=file:/…, or GATEHOUSE_CA_PASSPHRASE_FILE",
    );
  const names = attributes(path, ";", PATH);
  const options = attributes(query, "&", QUERY);
  const word = (name: string) => names.get(name)?.toString("utf8") ?? null;
  const module = options.get("module-path")?.toString("utf8") ?? "";
  if (!isAbsolute(module)) throw wrong("does not say which module, by its whole path (module-path)");
  if ((word("type") ?? "private") !== "private") throw wrong("is not of a private key (type)");
  if (!names.has("object") && !names.has("id")) throw wrong("does not say which key: object=, id= or both");
  return {
    module,
    token: word("token"),
    serial: word("serial"),
    manufacturer: word("manufacturer"),
    model: word("model"),
    slot: slotOf(word("slot-id")),
    label: names.get("object") ?? null,
    id: names.get("id") ?? null,
    pinFile:
      options
        .get("pin-source")
        ?.toString("utf8")
        .replace(/^file:(?:\/\/)?/, "") ?? null,
  };
}

function slotOf(text: string | null): bigint | null {
  if (text !== null && !/^\d{1,19}$/.test(text)) throw wrong("has a slot-id that is no number");
  return text === null ? null : BigInt(text);
}

function attributes(text: string, between: string, known: readonly string[]): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const part of text.split(between).filter((one) => one !== "")) {
    const at = part.indexOf("=");
    const name = known.find((one) => one === part.slice(0, Math.max(at, 0)));
    if (name === undefined) throw wrong(`has a part that is not known here; known are ${known.join(", ")}`);
    if (found.has(name)) throw wrong(`says ${name} twice`);
    found.set(name, percentDecoded(part.slice(at + 1)));
  }
  return found;
}

function percentDecoded(text: string): Buffer {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw wrong("has a % that is no two hex digits");
  return Buffer.concat(
    text
      .split(/(%[0-9A-Fa-f]{2})/)
      .map((part) => (part.startsWith("%") ? Buffer.from(part.slice(1), "hex") : Buffer.from(part))),
  );
}

function wrong(why: string, hint = `such as ${VARIABLE}='${EXAMPLE}'`): UserError {
  return new UserError(`${VARIABLE} ${why}`, hint);
}
