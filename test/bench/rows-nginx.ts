import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { path } from "../../scripts/model/layout.ts";
import { UserError } from "../../scripts/model/problem.ts";
import { findProgram } from "../../scripts/system/programs.ts";
import type { RowSpec } from "./index.ts";
import { median, runPeer } from "./measure.ts";
import { type Pair, type Running, startPair } from "./nginx-pair.ts";
import { client, pathFor, SERVER } from "./repository.ts";
import type { Figures } from "./row.ts";
import type { Prepared, Workplace } from "./workplace.ts";

const ROUNDS = 15;
/** Enough that a worker never waits for the load: waking it up would be charged to the worker. */
const CONNECTIONS = 32;

interface Load {
  readonly bytes: number;
  readonly keepAlive: boolean;
  /** Requests in one round. */
  readonly requests: number;
}

const AT_LEAST_95: RowSpec["targets"] = [{ of: "ratio", at: "least", figure: 0.95 }];

/**
 * What the maps, the gates and the log cost: one worker each, both under load at once on the same core, so that a
 * machine that gets busier or hotter slows both alike (in turn, the ratio of a pair was off by 20 %; at once, by 2 %).
 * A rate is what one core would do if that worker had it to itself: its processor time for a request, upside down.
 */
export const NGINX_ROWS: readonly RowSpec[] = [
  spec("nginx-1k", "requests/s, 1 kB, keep-alive", { bytes: 1_000, keepAlive: true, requests: 40_000 }),
  spec("nginx-100k", "requests/s, 100 kB, keep-alive", { bytes: 100_000, keepAlive: true, requests: 8_000 }),
  spec("nginx-hello", "handshakes/s, 1 kB each", { bytes: 1_000, keepAlive: false, requests: 400 }),
];

function spec(row: string, what: string, load: Load): RowSpec {
  return { row, what: () => what, targets: AT_LEAST_95, measure: (workplace) => measure(workplace, load) };
}

interface Round {
  readonly perSecond: number;
  /** Microseconds of the worker's processor time for one request; null where the system does not tell. */
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
    const rate = readRate(stdout, load);
    if (before === null || after === null) return { perSecond: rate, cpu: null };
    const cpu = (after - before) / 1000 / requests;
    return { perSecond: 1e6 / cpu, cpu };
  };
  try {
    return summary(await rounds(pair, round), pair);
  } finally {
    await Promise.all([pair.ours.stop(), pair.plain.stop()]);
  }
}

/** The first round does not count. */
async function rounds({ ours, plain }: Pair, round: (server: Running) => Promise<Round>) {
  const results: { readonly ours: Round; readonly plain: Round }[] = [];
  for (let count = 0; count <= ROUNDS; count += 1) {
    const [mine, theirs] = await Promise.all([round(ours), round(plain)]);
    if (count > 0) results.push({ ours: mine, plain: theirs });
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
