import { UserError } from "./problem.ts";
import { REASONS, type Reason } from "./registry.ts";
import { type Hold, REVOKE_CAUSES, type Renewal, type Revocation, type RevokeCause } from "./state.ts";
import { formatInstant, parseInstant } from "./time.ts";

/** pki/revoked/SERIAL.yaml: written once, three lines. */
export function formatRevocation({ at, reason, cause }: Revocation): string {
  return `at: ${formatInstant(at)}\nreason: ${reason}\ncause: ${cause}\n`;
}

/** The inverse. Throws UserError on anything else: a revocation that cannot be read must not pass for none. */
export function parseRevocation(text: string, serial: string): Revocation {
  const fields = parseLines(text, ["at", "reason", "cause"]);
  const at = parseInstant(fields.get("at") ?? "");
  const reason = oneOf<Reason>(REASONS, fields.get("reason"));
  const cause = oneOf<RevokeCause>(REVOKE_CAUSES, fields.get("cause"));
  if (at === null || reason === null || cause === null)
    throw new UserError("is not a revocation as reconcile writes it");
  return { serial, at, reason, cause };
}

/** pki/held/SERIAL.yaml: there while the certificate is held. */
export function formatHold({ at }: Hold): string {
  return `at: ${formatInstant(at)}\nreason: certificateHold\n`;
}

export function parseHold(text: string, serial: string): Hold {
  const fields = parseLines(text, ["at", "reason"]);
  const at = parseInstant(fields.get("at") ?? "");
  if (at === null || fields.get("reason") !== "certificateHold")
    throw new UserError("is not a hold as reconcile writes it");
  return { serial, at };
}

/** pki/renewals/SERIAL.p7m: three lines (RFC 7468, 2: explanatory text), then the block. */
export function formatRenewal({ identity, predecessor, certificate, pem }: Renewal): string {
  return `identity: ${identity}\npredecessor: ${predecessor}\ncertificate: ${certificate}\n${pem}`;
}

function parseLines(text: string, keys: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([a-z]+): (\S+)$/.exec(line);
    const key = match?.[1];
    if (key === undefined && line !== "")
      throw new UserError(`has a line that does not belong: ${JSON.stringify(line.slice(0, 60))}`);
    if (key !== undefined && (!keys.includes(key) || fields.has(key)))
      throw new UserError(`has a line too many: ${key}`);
    if (key !== undefined) fields.set(key, match?.[2] ?? "");
  }
  return fields;
}

function oneOf<T extends string>(values: readonly T[], text: string | undefined): T | null {
  return values.find((value) => value === text) ?? null;
}
