import { oneLine } from "../../model/printable.ts";
import { UserError } from "../../model/problem.ts";
import { type Answer, attribute, byte, bytesOrNull, CALLS, count, ulong } from "./message.ts";
import type { Remote } from "./remote.ts";
import type { TokenUri } from "./uri.ts";

export const CLASS = { certificate: 1, publicKey: 2, privateKey: 3 } as const;
export const ATTRIBUTE = {
  class: 0x00,
  label: 0x03,
  value: 0x11,
  keyType: 0x100,
  id: 0x102,
  modulus: 0x120,
  publicExponent: 0x122,
  ecParams: 0x180,
  ecPoint: 0x181,
  alwaysAuthenticate: 0x202,
} as const;

/** Flags of CK_TOKEN_INFO. */
const FLAG = { loginRequired: 0x4n, protectedPath: 0x100n, finalTry: 0x20000n, locked: 0x40000n } as const;
const SERIAL_SESSION = 4;

export interface Token {
  readonly slot: bigint;
  readonly label: string;
  readonly wantsLogin: boolean;
  /** The PIN is typed on the token's own keys. */
  readonly ownKeys: boolean;
  readonly locked: boolean;
  readonly lastTry: boolean;
}

/** The one token that the URI names. @throws UserError */
export async function findToken({ call }: Remote, uri: TokenUri): Promise<Token> {
  const slots = (await call(CALLS.getSlotList, byte(1), count(1024))).ulongs();
  const tokens = [];
  for (const slot of slots) {
    if (uri.slot !== null && slot !== uri.slot) continue;
    const answer = await call(CALLS.getTokenInfo, ulong(slot));
    const [label = "", manufacturer = "", model = "", serial = ""] = [0, 0, 0, 0].map(() => padded(answer));
    const flags = answer.ulong();
    const wanted = { token: label, manufacturer, model, serial };
    const fits = (["token", "manufacturer", "model", "serial"] as const).every(
      (name) => uri[name] === null || uri[name] === wanted[name],
    );
    if (fits) tokens.push(tokenOf(slot, label, flags));
  }
  const [first, second] = tokens;
  if (first === undefined)
    throw new UserError(
      `none of the ${slots.length} tokens that ${uri.module} has here is the one of GATEHOUSE_CA_KEY_URI`,
      `see which there are: pkcs11-tool --module ${uri.module} --list-slots`,
    );
  if (second === undefined) return first;
  throw new UserError("GATEHOUSE_CA_KEY_URI fits more than one token", "say its serial= too");
}

function padded(answer: Answer): string {
  return answer.sized().toString("utf8").replace(/ +$/, "");
}

function tokenOf(slot: bigint, label: string, flags: bigint): Token {
  return {
    slot,
    label: oneLine(label, 32),
    wantsLogin: (flags & FLAG.loginRequired) !== 0n,
    ownKeys: (flags & FLAG.protectedPath) !== 0n,
    locked: (flags & FLAG.locked) !== 0n,
    lastTry: (flags & FLAG.finalTry) !== 0n,
  };
}

export async function openSession({ call }: Remote, { slot }: Token): Promise<Buffer> {
  return ulong((await call(CALLS.openSession, ulong(slot), ulong(SERIAL_SESSION))).ulong());
}

/** Objects that have all of these attributes, three at most. */
export async function findObjects(
  { call }: Remote,
  session: Buffer,
  wanted: readonly (readonly [type: number, value: Uint8Array | number])[],
): Promise<bigint[]> {
  const template = wanted.map(([type, value]) => attribute(type, value));
  await call(CALLS.findObjectsInit, session, count(template.length), ...template);
  const found = (await call(CALLS.findObjects, session, count(3))).ulongs();
  await call(CALLS.findObjectsFinal, session);
  return found;
}

/** Room for what an attribute may be. */
const ROOM = 8192;

/** An attribute's bytes (of a number: its own, big-endian); null where the object does not have it. */
export async function attributeOf(
  { call }: Remote,
  session: Buffer,
  object: bigint,
  type: number,
): Promise<Buffer | null> {
  const answer = await call(CALLS.getAttributeValue, session, ulong(object), count(1), count(type), count(ROOM));
  if (answer.count() !== 1 || answer.count() !== type || answer.byte() === 0) return null;
  if (answer.count() === 0) return Buffer.alloc(0);
  if (type === ATTRIBUTE.keyType || type === ATTRIBUTE.class) return answer.take(8);
  return type === ATTRIBUTE.alwaysAuthenticate ? answer.take(1) : answer.sized();
}

/** CKU_USER and CKU_CONTEXT_SPECIFIC. */
export const USER = { normal: 1, forThisOne: 2 } as const;

/** `pin`: null where it is typed on the token's own keys. */
export async function login({ call }: Remote, session: Buffer, user: number, pin: string | null): Promise<void> {
  await call(CALLS.login, session, ulong(user), bytesOrNull(pin === null ? null : Buffer.from(pin)));
}
