import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { path } from "../model/paths.ts";
import { UserError } from "../model/problem.ts";
import { findProgram } from "../system/programs.ts";
import type { RowSpec } from "./index.ts";
import { median, runPeer } from "./measure.ts";
import { type Pair, type Running, startPair } from "./nginx-pair.ts";
import { client, pathFor, SERVER } from "./repository.ts";
import type { Figures } from "./row.ts";
import type { Prepared, Workplace } from "./workplace.ts";

const ROUNDS = 11;
const CONNECTIONS = 16;

interface Load {
  readonly bytes: number;
  readonly keepAlive: boolean;
  /** Requests in one round. */
  readonly requests: number;
}

const AT_LEAST_95: RowSpec["targets"] = [{ of: "ratio", at: "least", figure: 0.95 }];

/** What the maps, the gates and the log cost: one worker each, in turn, the middle of the pairs' ratios. */
export const NGINX_ROWS: readonly RowSpec[] = [
  spec("nginx-1k", "requests/s, 1 kB, keep-alive", { bytes: 1_000, keepAlive: true, requests: 20_000 }),
  spec("nginx-100k", "requests/s, 100 kB, keep-alive", { bytes: 100_000, keepAlive: true, requests: 5_000 }),
  spec("nginx-hello", "handshakes/s, 1 kB each", { bytes: 1_000, keepAlive: false, requests: 1_000 }),
];

function spec(row: string, what: string, load: Load): RowSpec {
  return { row, what: () => what, targets: AT_LEAST_95, measure: (workplace) => measure(workplace, load) };
}

interface Round {
  readonly perSecond: number;
  /** Microseconds of the worker's processor time for one request. */
  readonly cpu: number | null;
}

async function measure(workplace: Workplace, load: Load): Promise<Figures> {
  const ab = abProgram();
  const prepared = await workplace.prepared(workplace.size(10_000));
  const file = writeSample(prepared, load.bytes);
  const credentials = join(workplace.directory("credentials"), "client.pem");
  const parts = [path.issued(client(0)), path.key(client(0))].map((one) =>
    readFileSync(join(prepared.root, one), "utf8"),
  );
  writeFileSync(credentials, parts.join(""), { mode: 0o600 });
  const pair = await startPair(workplace, prepared);
  const requests = workplace.size(load.requests);
  const flags = ["-q", ...(load.keepAlive ? ["-k"] : []), "-c", String(CONNECTIONS), "-n", String(requests)];
  const round = async (server: Running): Promise<Round> => {
    const before = server.cpu();
    const url = `https://${SERVER}:${server.port}${pathFor(file)}`;
    const { stdout } = await runPeer(ab, [...flags, "-E", credentials, url]);
    const after = server.cpu();
    return {
      perSecond: readRate(stdout, load),
      cpu: before === null || after === null ? null : (after - before) / 1000 / requests,
    };
  };
  try {
    return summary(await rounds(pair, round), pair);
  } finally {
    await Promise.all([pair.ours.stop(), pair.plain.stop()]);
  }
}

/** A B, B A, A B, …: a machine that gets busier or hotter favours neither. The first round of each does not count. */
async function rounds(pair: Pair, round: (server: Running) => Promise<Round>) {
  const results: { readonly ours: Round; readonly plain: Round }[] = [];
  for (let count = 0; count <= ROUNDS; count += 1) {
    const first = await round(count % 2 === 0 ? pair.ours : pair.plain);
    const second = await round(count % 2 === 0 ? pair.plain : pair.ours);
    if (count > 0) results.push(count % 2 === 0 ? { ours: first, plain: second } : { ours: second, plain: first });
  }
  return results;
}

function summary(results: readonly { readonly ours: Round; readonly plain: Round }[], { ours }: Pair): Figures {
  const middle = (by: (result: (typeof results)[number]) => number) => by(median(results, by));
  const cpu = [middle((one) => one.ours.cpu ?? 0), middle((one) => one.plain.cpu ?? 0)] as const;
  const note = `worker's processor time a request: ${cpu[0].toFixed(1)} µs, plain ${cpu[1].toFixed(1)} µs`;
  return {
    value: middle((one) => one.ours.perSecond),
    unit: "/s",
    peer: { what: "plain nginx", value: middle((one) => one.plain.perSecond) },
    ratio: middle((one) => one.ours.perSecond / one.plain.perSecond),
    peak: ours.peak(),
    ...(cpu[0] > 0 && cpu[1] > 0 ? { note } : {}),
  };
}

/** @throws Error where a request was refused or failed: a fast 403 is no figure */
function readRate(stdout: string, { bytes }: Load): number {
  const field = (name: string) => new RegExp(`^${name}:\\s+([\\d.]+)`, "m").exec(stdout)?.[1];
  const rate = Number(field("Requests per second"));
  const sound = field("Failed requests") === "0" && field("Non-2xx responses") === undefined;
  if (sound && rate > 0 && Number(field("Document Length")) === bytes) return rate;
  throw new Error(`ab did not get what it asked for:\n${stdout}`);
}

function writeSample({ www }: Prepared, bytes: number): string {
  const name = `sample-${bytes}`;
  const file = join(www, pathFor(name));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.alloc(bytes, "sample "));
  return name;
}

function abProgram(): string {
  const found = findProgram("ab");
  if (found !== null) return found;
  throw new UserError("ab is not installed (Debian: apache2-utils; Fedora: httpd-tools; FreeBSD: apache24)");
}
