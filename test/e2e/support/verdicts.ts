import { spawnSync } from "node:child_process";
import type { Instant } from "../../../scripts/model/time.ts";
import type { Repository } from "./repository.ts";

/** openssl's verdict on certificates as of an instant, asked at once: `OK` or its errors. */
export function verdicts(repository: Repository, serials: readonly string[], at: Instant): string[] {
  const file = (serial: string) => repository.at(`pki/certs_by_serial/${serial}.pem`);
  const trust = ["-CAfile", repository.at("pki/ca.crt"), "-CRLfile", repository.at("pki/crl.pem")];
  const when = ["-attime", String(at)];
  const args = ["verify", "-x509_strict", "-crl_check_all", ...trust, ...when, ...serials.map(file)];
  const { stdout, stderr, error } = spawnSync("openssl", args, { encoding: "utf8" });
  if (error) throw error;
  const failures = new Map<string, string>();
  for (const part of stderr.split(/: verification failed$/m)) {
    const words = [...part.matchAll(/^error \d+ at \d depth lookup: (.+)$/gm)].map(([, text]) => text);
    failures.set(/^error (\S+)$/m.exec(part)?.[1] ?? "", words.join("; "));
  }
  return serials.map((one) => (stdout.includes(`${file(one)}: OK`) ? "OK" : (failures.get(file(one)) ?? stderr)));
}
