import { oneLine } from "../../model/printable.ts";
import { UserError } from "../../model/problem.ts";
import { findProgram } from "../../system/programs.ts";
import { Answer, byte, bytesOrNull, CALLS, type Call, count, Malformed, request } from "./message.ts";
import { Pipe } from "./pipe.ts";

/** A person may have to touch the token. */
const SECONDS = 120;
/** Nothing that is asked for here has a longer answer. */
const MOST = 256 * 1024;
const HANDSHAKE = Buffer.from("PRIVATE-GNOME-KEYRING-PKCS11-PROTOCOL-V-1");
const HEADER = 12;

/** What a token said no to: a CKR_… value of PKCS#11. */
export class TokenError extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`PKCS#11 error 0x${code.toString(16)}`);
    this.code = code;
  }
}

/** A PKCS#11 module in a process of its own, which crashes for itself alone. */
export interface Remote {
  /** One call, after the others. @throws TokenError for the token's no, UserError where the module is gone or silent */
  readonly call: (call: Call, ...parts: readonly Buffer[]) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** Loads a module by p11-kit, and initializes it. `hide`: secrets that its words may hold. */
export async function openRemote(module: string, hide: () => string | null, seconds = SECONDS): Promise<Remote> {
  const program = findProgram("p11-kit");
  if (program === null)
    throw new UserError(
      "p11-kit, by which tokens are asked, is not installed",
      "install your system's package p11-kit",
    );
  const pipe = new Pipe(program, ["remote", module], seconds);
  const told = (error: unknown) => (error instanceof TokenError ? error : gone(module, error, pipe.said, hide()));
  let last: Promise<unknown> = Promise.resolve();
  const call: Remote["call"] = (wanted, ...parts) => {
    const mine = last
      .then(() => exchange(pipe, wanted, parts))
      .catch((error) => {
        throw told(error);
      });
    last = mine.catch(() => {});
    return mine;
  };
  try {
    await begin(pipe);
    await call(CALLS.initialize, bytesOrNull(HANDSHAKE), byte(0), bytesOrNull(Buffer.alloc(0)));
    return { call, close: async () => pipe.close() };
  } catch (error) {
    pipe.close(true);
    if (error instanceof TokenError)
      throw new UserError(`the PKCS#11 module ${module} does not start: ${error.message}`);
    throw error instanceof UserError ? error : told(error);
  }
}

/** Both sides say which version of the protocol they speak. */
async function begin(pipe: Pipe): Promise<void> {
  pipe.write(byte(0));
  const [version] = await pipe.take(1);
  if (version !== 0) throw new Malformed(`p11-kit speaks version ${version} of its protocol, which is not known here`);
}

async function exchange(pipe: Pipe, call: Call, parts: readonly Buffer[]): Promise<Answer> {
  const body = request(call, parts);
  pipe.write(Buffer.concat([count(1), count(0), count(body.length), body]));
  const header = await pipe.take(HEADER);
  const [options, size] = [header.readUInt32BE(4), header.readUInt32BE(8)];
  if (options + size > MOST) throw new Malformed("an answer is too long");
  await pipe.take(options);
  return opened(call, new Answer(await pipe.take(size)));
}

function opened(call: Call, answer: Answer): Answer {
  const number = answer.count();
  const kinds = answer.sized().toString("latin1");
  if (number === 0) throw new TokenError(Number(answer.ulong()));
  if (number !== call.number || kinds !== call.response) throw new Malformed("an answer is to something else");
  return answer;
}

function gone(module: string, error: unknown, said: string, secret: string | null): UserError {
  const why = error instanceof Error ? error.message : "unknown";
  const shown = secret === null || secret === "" ? said : said.replaceAll(secret, "…");
  const words = oneLine(shown, 200);
  return new UserError(
    `the PKCS#11 module ${module} does not answer as it should: ${why}${words === "" ? "" : `, and p11-kit said: ${words}`}`,
    "what was written before is whole: mend it, then run the same command again (docs/custody.md)",
  );
}
