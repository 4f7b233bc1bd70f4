import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatHold, formatRevocation, parseHold, parseRevocation } from "../../scripts/model/facts.ts";
import { UserError } from "../../scripts/model/problem.ts";
import { blocksOf } from "../../scripts/read/adopt/blocks.ts";
import { checkRegistry } from "../../scripts/read/registry.ts";
import { readCertificate, readCertificateParts } from "../../scripts/x509/certificate.ts";
import { readCertificateFile } from "../../scripts/x509/certificate-file.ts";
import { readCrl } from "../../scripts/x509/crl-reader.ts";
import { foreignUse } from "../../scripts/x509/foreign-leaf.ts";
import { readForeignSubject } from "../../scripts/x509/foreign-subject.ts";
import { readIndex } from "../../scripts/x509/index-entries.ts";
import { readRequest } from "../../scripts/x509/request.ts";
import { CHECKOUT } from "../e2e/support/repository.ts";
import { NOW } from "../x509/helpers/made.ts";
import { armoured, inputs, RUNS } from "./mutate.ts";
import { certificateFiles, certificates, crls, ders, requests, SERIAL } from "./seeds.ts";

interface Target {
  readonly name: string;
  readonly input: fc.Arbitrary<Buffer>;
  /** Ends quietly, or with a UserError. */
  readonly parse: (input: Buffer) => unknown;
}

function parseRequest(bytes: Buffer): void {
  const request = readRequest(bytes);
  if (!request.ok) throw new UserError(request.problem);
}

function parseRegistry(bytes: Buffer): void {
  const result = checkRegistry(bytes, { now: NOW, hasRequest: () => true, hasSigning: () => false });
  if (!result.ok) throw new UserError(result.problems[0]?.message ?? "a registry that is refused says why");
}

const utf8 = (texts: readonly string[]) => texts.map((text) => Buffer.from(text));

const REVOCATIONS = utf8([
  formatRevocation({ serial: SERIAL, at: NOW, reason: "keyCompromise", cause: "Declared" }),
  formatRevocation({ serial: SERIAL, at: NOW, reason: "cessationOfOperation", cause: "Removed" }),
]);
const INDEXES = utf8([
  "V\t350101000000Z\t\t0A\tunknown\t/CN=x\nR\t350101000000Z\t261201120000Z,keyTime,20260101000000Z\t01\tunknown\t/CN=y\n",
]);
const HOLDS = utf8([formatHold({ serial: SERIAL, at: NOW })]);

const REGISTRIES = [
  readFileSync(join(CHECKOUT, "clients.yaml")),
  ...utf8([
    "version: 1\nauthority: {common_name: A, organization: B}\nclients: {}\n",
    `version: 1
authority: { common_name: Example CA, organization: "Ü \\"x\\"", country: DE, key: rsa-4096, lifetime: 10y }
repositories: { a: { type: apt, path: /a/, root: /srv/a, suite: s, components: [main] } }
services: { db: { sni: db.example.com, connect: "127.0.0.1:5432" } }
groups: { g: { repositories: [a], services: [db], sensitive: true } }
clients:
  c1: &anchor { groups: [g], expires: 2030-01-01, home: a }
  c2: { groups: [g], reissue: { before: 2026-01-01T00:00:00Z, reason: superseded }, previously: c0 }
  c3: { revoked: keyCompromise, contact: "x@y" }
  c4: *anchor
servers: { s.example.com: { listen: [443, "[::]:443"], deploy: { to: ssh, host: d@h.example:22 } } }
signers: { b: { repository: a } }
`,
  ]),
];

const TARGETS: readonly Target[] = [
  { name: "the request parser, text", input: inputs(utf8(requests())), parse: parseRequest },
  {
    name: "the request parser, DER",
    input: armoured("CERTIFICATE REQUEST", ders(requests(), "CERTIFICATE REQUEST")),
    parse: parseRequest,
  },
  {
    name: "the certificate parser",
    input: inputs(ders(certificates(), "CERTIFICATE")),
    parse: (bytes) => readCertificate(bytes),
  },
  {
    name: "certificate files",
    input: inputs(certificateFiles()),
    parse: (bytes) => readCertificateFile(bytes.toString("latin1"), SERIAL),
  },
  { name: "the CRL reader, text", input: inputs(utf8(crls())), parse: (bytes) => readCrl(bytes.toString("latin1")) },
  {
    name: "the CRL reader, DER",
    input: armoured("X509 CRL", ders(crls(), "X509 CRL")),
    parse: (bytes) => readCrl(bytes.toString("latin1")),
  },
  {
    name: "the revocation reader",
    input: inputs(REVOCATIONS),
    parse: (bytes) => parseRevocation(bytes.toString("utf8"), SERIAL),
  },
  { name: "the reader of holds", input: inputs(HOLDS), parse: (bytes) => parseHold(bytes.toString("utf8"), SERIAL) },
  {
    name: "the reader of another CA's certificates",
    input: inputs(ders(certificates(), "CERTIFICATE")),
    parse: (bytes) => {
      const parts = readCertificateParts(bytes);
      return [foreignUse(parts), readForeignSubject(parts.subject)];
    },
  },
  {
    name: "the reader of another CA's files",
    input: inputs(utf8([...certificates(), ...crls(), ...requests()])),
    parse: (bytes) => [...blocksOf(bytes.toString("latin1"))],
  },
  { name: "the reader of index.txt", input: inputs(INDEXES), parse: (bytes) => readIndex(bytes.toString("utf8")) },
  { name: "the registry", input: inputs(REGISTRIES), parse: parseRegistry },
];

/** A second is for ever: the slowest of them takes some milliseconds. */
const LONGEST_MS = 1000;

describe.each(TARGETS)("$name", ({ input, parse }) => {
  it(`takes ${RUNS} mutated files without a crash, a pause or a foreign exception`, { timeout: 0 }, () => {
    let longest = 0;
    let accepted = 0;
    fc.assert(
      fc.property(input, (bytes) => {
        const started = performance.now();
        try {
          parse(bytes);
          accepted++;
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
        longest = Math.max(longest, performance.now() - started);
        return longest < LONGEST_MS;
      }),
      { numRuns: RUNS },
    );
    // Inputs that are never understood would prove nothing.
    expect(accepted).toBeGreaterThan(0);
  });
});
