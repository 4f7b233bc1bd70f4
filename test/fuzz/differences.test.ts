import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCertificate } from "../../scripts/x509/certificate.ts";
import { readCrl } from "../../scripts/x509/crl-reader.ts";
import { readRequest } from "../../scripts/x509/request.ts";
import { DIFFERENCES, explained } from "./differences.ts";
import { armoured, inputs, RUNS } from "./mutate.ts";
import { certificates, crls, ders, requests } from "./seeds.ts";

/** What a reader has against these bytes; null when it takes them. */
type Opinion = (bytes: Buffer) => string | null;

function thrown(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function openssl(args: readonly string[], accepted: RegExp): Opinion {
  return (input) => {
    const { stdout, stderr, error } = spawnSync("openssl", args, { input, encoding: "utf8" });
    if (error) throw error;
    const output = stdout + stderr;
    return accepted.test(output) ? null : output;
  };
}

interface Case {
  readonly name: string;
  readonly input: fc.Arbitrary<Buffer>;
  readonly ours: Opinion;
  readonly openssl: Opinion;
  readonly runs: number;
}

const CASES: readonly Case[] = [
  {
    name: "certificates",
    input: inputs(ders(certificates(), "CERTIFICATE")),
    ours: (der) => thrown(() => readCertificate(der)),
    // The library that Node carries: the same code, and no process for each.
    openssl: (der) => thrown(() => new X509Certificate(der).publicKey),
    runs: RUNS,
  },
  {
    name: "requests",
    input: armoured("CERTIFICATE REQUEST", ders(requests(), "CERTIFICATE REQUEST")),
    ours: (pem) => {
      const request = readRequest(pem);
      return request.ok ? null : request.problem;
    },
    openssl: openssl(["req", "-verify", "-noout"], /verify OK/),
    runs: Math.ceil(RUNS / 20),
  },
  {
    name: "CRLs",
    input: armoured("X509 CRL", ders(crls(), "X509 CRL")),
    ours: (pem) => thrown(() => readCrl(pem.toString("latin1"))),
    openssl: openssl(["crl", "-text", "-noout"], /^(?!.*(?:unable|could not|error))/is),
    runs: Math.ceil(RUNS / 20),
  },
];

describe.each(CASES)("openssl and we about $name", ({ input, ours, openssl, runs }) => {
  it(`disagree, in ${runs} mutated files, only in ways that are listed and justified`, { timeout: 0 }, () => {
    let agreed = 0;
    // All of them at once: somebody has to judge each.
    const unexplained = new Set<string>();
    const check = (bytes: Buffer) => {
      const [we, they] = [ours(bytes), openssl(bytes)];
      if ((we === null) === (they === null)) agreed++;
      else if (!explained(we, they)) unexplained.add(`we: ${we ?? "fine"}; openssl: ${they ?? "fine"}`);
    };
    fc.assert(fc.property(input, check), { numRuns: runs });
    expect([...unexplained]).toEqual([]);
    expect(agreed).toBeGreaterThan(runs / 2);
  });
});

describe("the table of differences", () => {
  it("gives each a reason, and covers no agreement", () => {
    for (const { ours, openssl, because } of DIFFERENCES) {
      expect(because.length).toBeGreaterThan(30);
      expect((ours === null) !== (openssl === null)).toBe(true);
    }
  });
});
