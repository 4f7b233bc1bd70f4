/** node bare-crl.ts N FILE: signs a CRL with N entries under P-384, reads it, writes it to FILE and says how long each took. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { REASONS } from "../../scripts/model/registry.ts";
import type { CrlEntry } from "../../scripts/model/state.ts";
import { now } from "../../scripts/system/clock.ts";
import { readCrl } from "../../scripts/x509/crl-reader.ts";
import { signCrl } from "../../scripts/x509/crl-writer.ts";
import { issueAuthority } from "../../scripts/x509/issue.ts";
import { makeIssuer } from "../../scripts/x509/issuer.ts";
import { keySigner } from "../../scripts/x509/signer.ts";

const DAY = 86_400;
const [count = "", file = ""] = process.argv.slice(2);
const time = now();
const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-384" });
const name = { commonName: "Bench CA", organization: "Bench", country: null };
const times = { notBefore: time - DAY, notAfter: time + 3650 * DAY };
const signer = keySigner(key);
const ca = await issueAuthority({ ...name, ...times, signer, serial: "40".repeat(16) });
const issuer = makeIssuer(ca, signer);

const entries = Array.from({ length: Number(count) }, (_, index): CrlEntry => {
  const serial = `4A${randomBytes(15).toString("hex").toUpperCase()}`;
  return { serial, at: time - index * 60, reason: REASONS[index % REASONS.length] ?? "unspecified" };
});

const start = performance.now();
const pem = await signCrl({ issuer, number: time, thisUpdate: time, nextUpdate: time + 30 * DAY, entries });
const signed = performance.now();
const { size } = readCrl(pem).entries;
const read = performance.now();
if (size !== entries.length) throw new Error(`${entries.length} entries were written, and ${size} read`);
writeFileSync(file, pem);
process.stdout.write(JSON.stringify({ sign: (signed - start) / 1000, read: (read - signed) / 1000 }));
