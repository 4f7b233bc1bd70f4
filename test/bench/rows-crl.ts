import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireProgram } from "../../scripts/system/programs.ts";
import type { RowSpec } from "./index.ts";
import { median, runModule, runPeer } from "./measure.ts";
import type { Figures } from "./row.ts";
import type { Workplace } from "./workplace.ts";

const RUNS = 3;
const CHILD = fileURLToPath(new URL("./bare-crl.ts", import.meta.url));

/** A CRL with 100,000 entries, beside openssl's own. Ours is timed inside the process, openssl's with its start. */
export const CRL_ROWS: readonly RowSpec[] = [
  {
    row: "crl-sign",
    what: (size) => `sign a CRL with ${size(100_000)} entries`,
    targets: [],
    measure: (workplace) => figures(workplace, "sign"),
  },
  {
    row: "crl-read",
    what: (size) => `read a CRL with ${size(100_000)} entries`,
    targets: [],
    measure: (workplace) => figures(workplace, "read"),
  },
];

async function figures(workplace: Workplace, what: "sign" | "read"): Promise<Figures> {
  const entries = workplace.size(100_000);
  const directory = workplace.directory("crl");
  const file = join(directory, "ours.pem");
  const runs = [];
  for (let count = 0; count < RUNS; count += 1) {
    const measured = await runModule(CHILD, String(entries), file);
    runs.push({ value: secondsOf(measured.stdout, what), peak: measured.peak });
  }
  const { value, peak } = median(runs, (run) => run.value);
  const peer = what === "sign" ? await opensslSigns(directory, entries) : await opensslReads(file);
  return { value, unit: "s", peer, peak };
}

function secondsOf(stdout: string, what: "sign" | "read"): number {
  const parsed: unknown = JSON.parse(stdout);
  const value = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, what) : null;
  if (typeof value !== "number") throw new Error(`no figure: ${stdout}`);
  return value;
}

async function opensslReads(file: string) {
  const { seconds } = await runPeer(requireProgram("openssl"), ["crl", "-in", file, "-noout", "-hash"]);
  return { what: "openssl crl", value: seconds };
}

/** openssl ca -gencrl over an index.txt of as many revoked certificates. */
async function opensslSigns(directory: string, entries: number) {
  const openssl = requireProgram("openssl");
  const at = (file: string) => join(directory, file);
  const lines = Array.from({ length: entries }, (_, index) => {
    const serial = `4A${randomBytes(15).toString("hex").toUpperCase()}`;
    return `R\t351121120000Z\t261121120000Z,keyCompromise\t${serial}\tunknown\t/CN=client${index}\n`;
  });
  writeFileSync(at("index.txt"), lines.join(""));
  writeFileSync(at("index.txt.attr"), "unique_subject = no\n");
  writeFileSync(at("crlnumber"), "01\n");
  writeFileSync(at("ca.cnf"), configuration(directory));
  await runPeer(openssl, ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", at("ca.key")]);
  await runPeer(openssl, [
    "req",
    "-x509",
    "-sha384",
    "-key",
    at("ca.key"),
    "-subj",
    "/CN=Bench CA",
    "-out",
    at("ca.crt"),
  ]);
  const { seconds } = await runPeer(openssl, ["ca", "-gencrl", "-config", at("ca.cnf"), "-out", at("peer.pem")]);
  return { what: "openssl ca", value: seconds };
}

function configuration(directory: string): string {
  return `[ca]
default_ca = bench
[bench]
database = ${directory}/index.txt
crlnumber = ${directory}/crlnumber
certificate = ${directory}/ca.crt
private_key = ${directory}/ca.key
default_md = sha384
default_crl_days = 30
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
`;
}
