import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { CA_CERTIFICATE, DIR, path } from "../../scripts/model/layout.ts";
import { requireProgram } from "../../scripts/system/programs.ts";
import type { RowSpec } from "./index.ts";
import { median, runPeer } from "./measure.ts";
import { type Running, startOurs } from "./nginx-pair.ts";
import { type AuthorityKey, client, SERVER } from "./repository.ts";
import type { Figures } from "./row.ts";
import type { Prepared, Workplace } from "./workplace.ts";

const ROUNDS = 3;
const CLIENTS = 1000;
const HANDSHAKES = 400;
const CONNECTIONS = 16;

/**
 * What the key of the authority costs: `ec-p256` beside `ec-p384`, all else alike. Processor time alone, which says the
 * same on a machine that has other things to do; both in turn, round after round.
 */
export const AUTHORITY_ROWS: readonly RowSpec[] = [
  {
    row: "p256-handshake",
    what: () => "a handshake, authority ec-p256",
    targets: [{ of: "ratio", at: "most", figure: 0.7 }],
    measure: handshakes,
  },
  {
    row: "p256-issue",
    what: (size) => `reconcile ${size(CLIENTS)} clients, ec-p256`,
    targets: [],
    measure: (workplace) =>
      besideP384("s", async (key) => (await workplace.prepareAnew(workplace.size(CLIENTS), key)).issuing.cpu),
  },
  {
    row: "p256-verify",
    what: (size) => `openssl verify of ${size(CLIENTS)}, ec-p256`,
    targets: [],
    measure: async (workplace) =>
      besideP384("s", async (key) => verify(await workplace.prepared(workplace.size(CLIENTS), key))),
  },
];

/** Each figure is the middle of its rounds. */
async function besideP384(unit: string, measure: (key: AuthorityKey) => Promise<number | null>): Promise<Figures> {
  const figures: { readonly ours: number; readonly other: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    figures.push({ ours: known(await measure("ec-p256")), other: known(await measure("ec-p384")) });
  const value = median(figures, ({ ours }) => ours).ours;
  const other = median(figures, ({ other }) => other).other;
  return { value, unit, peer: { what: "authority ec-p384", value: other }, note: `processor time, ${ROUNDS} rounds` };
}

function known(figure: number | null): number {
  if (figure === null) throw new Error("this system does not tell processor times");
  return figure;
}

/** Milliseconds of the worker's time for one handshake with a client's certificate, verified and looked for on the CRL. */
async function handshakes(workplace: Workplace): Promise<Figures> {
  const count = workplace.size(HANDSHAKES);
  const running = new Map<AuthorityKey, { readonly nginx: Running; readonly prepared: Prepared }>();
  try {
    for (const key of ["ec-p256", "ec-p384"] as const) {
      const prepared = await workplace.prepared(workplace.size(CLIENTS), key);
      running.set(key, { prepared, nginx: await startOurs(workplace, prepared) });
    }
    return await besideP384("ms", async (key) => {
      const one = running.get(key);
      if (one === undefined) return null;
      const before = one.nginx.cpu();
      await shakeHands(one.nginx.port, one.prepared, count);
      const after = one.nginx.cpu();
      return before === null || after === null ? null : (after - before) / 1e6 / count;
    });
  } finally {
    for (const { nginx } of running.values()) await nginx.stop();
  }
}

/** So many connections, some at once, none of which resumes a session. */
async function shakeHands(port: number, { root }: Prepared, count: number): Promise<void> {
  const [cert, key, ca] = [path.issued(client(0)), path.key(client(0)), CA_CERTIFICATE].map((file) =>
    readFileSync(join(root, file)),
  );
  let left = count;
  const lane = async () => {
    while (left-- > 0)
      await new Promise<void>((done, fail) => {
        const socket = connect({ host: "127.0.0.1", port, servername: SERVER, cert, key, ca });
        socket.once("error", fail);
        socket.once("close", () => done());
        // In TLS 1.3 a client is done before it is verified: an answer tells that it was.
        socket.once("data", (answer) => {
          if (!answer.toString("latin1").startsWith("HTTP/1.1 204")) fail(new Error(`nginx refuses: ${answer}`));
          socket.destroy();
        });
        socket.once("secureConnect", () =>
          socket.write(`GET /.gatehouse/certificate HTTP/1.1\r\nHost: ${SERVER}\r\n\r\n`),
        );
      });
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
}

/** Seconds of openssl's time for all clients' certificates. */
async function verify({ root }: Prepared): Promise<number> {
  const files = readdirSync(join(root, DIR.certificates)).map((file) => join(root, DIR.certificates, file));
  const argv = [requireProgram("openssl"), "verify", "-no-CApath", "-CAfile", join(root, CA_CERTIFICATE), ...files];
  const { stdout } = await runPeer("sh", ["-c", '"$@" >/dev/null && times', "sh", ...argv]);
  // times(1): the shell's own, then its children's; user and system.
  const [, minutes, seconds] = /\n(\d+)m([\d.]+)s/.exec(stdout) ?? [];
  if (seconds === undefined) throw new Error(`no times: ${stdout}`);
  return Number(minutes) * 60 + Number(seconds);
}
