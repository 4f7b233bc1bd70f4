import type { KeyObject } from "node:crypto";
import { isAbsolute } from "node:path";
import { oneLine } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { type Outcome, runBounded } from "../system/bounded.ts";
import { X509Error } from "../x509/error.ts";
import { decodePem } from "../x509/pem.ts";
import { requestKey } from "../x509/request-key.ts";
import { schemeForKey } from "../x509/signature.ts";
import { elsewhereSigner } from "../x509/signer.ts";
import type { OpenSigner } from "./open-signer.ts";

/** A person may have to touch a token, or somebody else to approve. */
const SECONDS = 120;
/** A signature has 8 kB at most (RSA of 64,000 bits), a public key little more. */
const BYTES = 64 * 1024;
/** So many run at once: a KMS answers in its own time, and counts. */
const AT_ONCE = 8;

const NEXT = "what was written before is whole: mend it, then run the same command again (docs/custody.md)";

/**
 * A program that signs: `PROGRAM sign ALGORITHM` with the bytes on its standard input, the signature in DER on its
 * standard output; `PROGRAM public-key` prints the key in PEM. `known`: the authority's public key; null: ask.
 * @throws UserError
 */
export async function openProgram(program: string, known: KeyObject | null, seconds = SECONDS): Promise<OpenSigner> {
  if (!isAbsolute(program))
    throw new UserError(
      `GATEHOUSE_CA_SIGNER must be the whole path of a program, not ${program}`,
      "see where it is: command -v PROGRAM",
    );
  const over = new AbortController();
  const ask = async (args: readonly string[], input: Buffer) => {
    if (over.signal.aborted) throw new UserError(`the signing program ${program} is not asked any more`, NEXT);
    const outcome = await runBounded(program, args, input, { seconds, bytes: BYTES, signal: over.signal });
    const wrong = whatIsWrong(outcome, seconds);
    if (wrong === null && outcome.how === "ended") return outcome.stdout;
    // Nobody wants the others any more.
    over.abort();
    throw new UserError(`the signing program ${program} (${args.join(" ")}) ${wrong}`, NEXT);
  };
  const publicKey = known ?? readPublicKey(program, await ask(["public-key"], Buffer.alloc(0)));
  const { name } = schemeForKey(publicKey);
  const turn = turns(AT_ONCE);
  const signer = elsewhereSigner(
    publicKey,
    (body) => turn(() => ask(["sign", name], body)),
    `the signing program ${program}`,
  );
  return { signer, close: async () => over.abort() };
}

function whatIsWrong(outcome: Outcome, seconds: number): string | null {
  switch (outcome.how) {
    case "not started":
      return `cannot be started (${outcome.why})`;
    case "too slow":
      return `did not answer within ${seconds} seconds`;
    case "too much":
      return `said more than ${BYTES} bytes, which is no signature and no public key`;
    case "stopped":
      return "was stopped, because another signature failed";
    case "ended": {
      const said = oneLine(outcome.stderr, 200);
      const words = said === "" ? "said nothing about it" : `said: ${said}`;
      return outcome.code === 0 ? null : `ended with exit code ${outcome.code ?? "none, by a signal"}, and ${words}`;
    }
  }
}

function readPublicKey(program: string, pem: Buffer): KeyObject {
  try {
    return requestKey(decodePem(pem.toString("latin1"), "PUBLIC KEY"));
  } catch (error) {
    if (!(error instanceof X509Error)) throw error;
    throw new UserError(
      `the signing program ${program} (public-key) printed no public key that can sign here: ${error.message}`,
      "it must be PEM as of: openssl pkey -in KEY -pubout",
    );
  }
}

/** So many at once; the others wait for their turn. */
function turns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
