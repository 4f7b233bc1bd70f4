import { readFileSync } from "node:fs";
import { request } from "node:https";
import { isIP } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { reach } from "../model/access.ts";
import { CA_CERTIFICATE } from "../model/layout.ts";
import { UserError } from "../model/problem.ts";
import type { Server } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import { credentialsOf } from "./keys.ts";
import type { Source } from "./source.ts";

/** Whether the client got in; `skipped`: it was not tried, and why. */
export type Sighting =
  | { readonly seen: "admitted"; readonly message: string }
  | { readonly seen: "refused" | "skipped"; readonly message: string };

/** Milliseconds for one request, and how often a connection that fails is tried again. */
const PATIENCE = 10_000;
const TRIES = 3;
const PAUSE = 1_000;

/**
 * Asks a server for something in a repository that its canary reaches, with that client's certificate. The name asked
 * for is no package's: the gate answers before anybody looks for it, so 404 is as good as 200. Its key stays in memory.
 */
export async function tryCanary(source: Source, name: string, now: Instant): Promise<Sighting | null> {
  const server = source.registry.servers.get(name);
  if (server === undefined || server.deploy.to === "pull" || server.deploy.canary === null) return null;
  const { canary } = server.deploy;
  const skipped = (why: string): Sighting => ({ seen: "skipped", message: `canary ${canary} was not tried: ${why}` });
  const path = pathFor(source, canary, server, now);
  if (path === null) return skipped("it reaches no repository here");
  try {
    const { certificate: cert, key } = credentialsOf(source, canary);
    const ca = trustOf(source, server);
    const status = await persist(() => ask({ ...placeOf(server), path, cert, key, ...(ca === null ? {} : { ca }) }));
    const admitted = (status >= 200 && status < 300) || status === 404;
    const message = `canary ${canary} ${admitted ? "is let in" : `gets ${status} from ${path}`}`;
    return { seen: admitted ? "admitted" : "refused", message };
  } catch (error) {
    if (error instanceof UserError) return skipped(error.message);
    const why = error instanceof Error ? error.message : String(error);
    return { seen: "refused", message: `canary ${canary} gets no answer: ${why}` };
  }
}

function pathFor({ registry }: Source, canary: string, { repositories }: Server, now: Instant): string | null {
  const reached = reach(registry, canary, now).repositories.find((repository) => repositories.includes(repository));
  const path = reached === undefined ? undefined : registry.repositories.get(reached)?.path;
  return path === undefined ? null : `${path}gatehouse-canary`;
}

/** What the server's certificate is checked against; null: what everybody trusts. Throws UserError. */
function trustOf({ read }: Source, { certificate }: Server): Buffer | null {
  if (certificate === "issued") return read(CA_CERTIFICATE);
  if (certificate.ca === null) return null;
  try {
    return readFileSync(certificate.ca);
  } catch {
    throw new UserError(`${certificate.ca}, by which its certificate is known, is not on this machine`);
  }
}

/** Where a client finds it; on this machine, the socket itself, whatever its name resolves to. */
function placeOf({ url, deploy, listen }: Server) {
  const { hostname, port } = new URL(url);
  const name = hostname.replace(/^\[|\]$/g, "");
  const servername = isIP(name) === 0 ? { servername: name } : {};
  const public_ = { host: name, port: port === "" ? 443 : Number(port) };
  return {
    headers: { Host: name },
    ...servername,
    ...(deploy.to === "local" ? socketOf(listen[0] ?? "443") : public_),
  };
}

function socketOf(listen: string): { readonly host: string; readonly port: number } {
  const at = listen.lastIndexOf(":");
  const host = listen.slice(0, Math.max(0, at)).replace(/^\[|\]$/g, "");
  const loopback = host === "::" ? "::1" : "127.0.0.1";
  return { host: ["", "*", "0.0.0.0", "::"].includes(host) ? loopback : host, port: Number(listen.slice(at + 1)) };
}

interface Question {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly servername?: string;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** The status of the answer. No session is kept or resumed: the handshake is what is tried. */
function ask(question: Question): Promise<number> {
  return new Promise((done, fail) => {
    const asked = request({ ...question, agent: false, timeout: PATIENCE }, (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
    asked.once("timeout", () => asked.destroy(new Error(`no answer within ${PATIENCE / 1000} seconds`)));
    asked.once("error", fail);
    asked.end();
  });
}

/** A connection may fail for a moment's reason; an answer is an answer. */
async function persist(act: () => Promise<number>): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt === TRIES) throw error;
      await sleep(PAUSE);
    }
  }
}
