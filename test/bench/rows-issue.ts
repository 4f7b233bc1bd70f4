import { accessSync, constants, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../scripts/model/problem.ts";
import { findProgram, requireProgram } from "../../scripts/system/programs.ts";
import type { RowSpec } from "./index.ts";
import { type Measured, runPeer, runScript } from "./measure.ts";
import { createRepository } from "./repository.ts";
import type { Figures } from "./row.ts";
import { runBare, type Workplace } from "./workplace.ts";

const FEW = 50;
const MILLISECONDS = 1000;

/** Issuance: beside a bare loop of the same cryptography, and beside what people use today. */
export const ISSUE_ROWS: readonly RowSpec[] = [
  {
    row: "issue",
    what: (size) => `reconcile ${size(10_000)} clients from nothing`,
    targets: [{ of: "ratio", at: "most", figure: 2 }],
    measure: besideBareLoop,
  },
  {
    row: "easy-rsa",
    what: () => `one client of ${FEW}`,
    targets: [{ of: "ratio", at: "most", figure: 1 }],
    measure: async (workplace) => perClient(await few(workplace), "easy-rsa", await easyRsa(workplace)),
  },
  {
    row: "openssl",
    what: () => `one client of ${FEW}`,
    targets: [{ of: "ratio", at: "most", figure: 1 }],
    measure: async (workplace) => perClient(await few(workplace), "openssl", await openssl(workplace)),
  },
];

/** The bare loop runs before and after, and their mean counts: the machine may get busier meanwhile. */
async function besideBareLoop(workplace: Workplace): Promise<Figures> {
  const clients = workplace.size(10_000);
  const before = await runBare("issue", String(clients));
  const { issuing } = await workplace.prepared(clients);
  const after = await runBare("issue", String(clients));
  const { seconds: value, peak, cpu } = issuing;
  return { value, unit: "s", peer: { what: "bare loop", value: (before.seconds + after.seconds) / 2 }, peak, cpu };
}

function perClient({ seconds, cpu, peak }: Measured, what: string, peerSeconds: number) {
  const each = (all: number) => (all * MILLISECONDS) / FEW;
  const peer = { what, value: each(peerSeconds) };
  return { value: each(seconds), unit: "ms", peer, peak, cpu: cpu === null ? null : each(cpu) };
}

/** Ours for so few, Node's start included. */
async function few(workplace: Workplace): Promise<Measured> {
  const root = workplace.directory("few");
  await createRepository(root, { clients: FEW, www: workplace.www, port: 8443 });
  return runScript("reconcile", "--root", root);
}

const names = Array.from({ length: FEW }, (_, index) => `client${index}`);

async function inTurn(work: (name: string) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (const name of names) await work(name);
  return (performance.now() - start) / MILLISECONDS;
}

async function easyRsa(workplace: Workplace): Promise<number> {
  const directory = workplace.directory("easy-rsa");
  const program = easyRsaProgram();
  const environment = {
    EASYRSA_PKI: join(directory, "pki"),
    EASYRSA_BATCH: "1",
    EASYRSA_SILENT: "1",
    EASYRSA_ALGO: "ec",
  };
  const run = (curve: string, ...args: readonly string[]) =>
    runPeer(program, args, { ...environment, EASYRSA_CURVE: curve });
  await run("secp384r1", "init-pki");
  await run("secp384r1", "--req-cn=Bench CA", "build-ca", "nopass");
  return inTurn((name) => run("prime256v1", "build-client-full", name, "nopass"));
}

/** Debian and Fedora keep it out of PATH. */
function easyRsaProgram(): string {
  const found = findProgram("easyrsa");
  if (found !== null) return found;
  for (const file of ["/usr/share/easy-rsa/easyrsa", "/usr/share/easy-rsa/3/easyrsa"]) {
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  throw new UserError("easyrsa is not installed", "run: sh scripts/setup.sh --test");
}

/** Key, request, certificate: three processes a client, as in every tutorial. */
async function openssl(workplace: Workplace): Promise<number> {
  const directory = workplace.directory("openssl");
  const program = requireProgram("openssl");
  const at = (file: string) => join(directory, file);
  mkdirSync(directory, { recursive: true });
  writeFileSync(at("client.ext"), EXTENSIONS);
  const run = (...args: readonly string[]) => runPeer(program, args);
  const key = (curve: string, file: string) =>
    run("genpkey", "-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${curve}`, "-out", at(file));
  await key("P-384", "ca.key");
  await run(
    "req",
    "-x509",
    "-sha384",
    "-key",
    at("ca.key"),
    "-subj",
    "/CN=Bench CA",
    "-days",
    "3650",
    "-out",
    at("ca.crt"),
  );
  return inTurn(async (name) => {
    await key("P-256", `${name}.key`);
    await run("req", "-new", "-key", at(`${name}.key`), "-subj", `/CN=${name}`, "-out", at(`${name}.req`));
    await run(
      ...["x509", "-req", "-sha384", "-in", at(`${name}.req`), "-CA", at("ca.crt"), "-CAkey", at("ca.key")],
      ...["-days", "365", "-extfile", at("client.ext"), "-out", at(`${name}.crt`)],
    );
  });
}

const EXTENSIONS = `basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
`;
