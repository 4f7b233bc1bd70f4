import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reach } from "../../scripts/model/access.ts";
import type { DerivedFile } from "../../scripts/model/derived.ts";
import { DIR } from "../../scripts/model/layout.ts";
import { type Registry, SOFTWARE, type Software } from "../../scripts/model/registry.ts";
import { SOFTWARE_RULES } from "../../scripts/model/schema/software.ts";
import { SERVER_KINDS } from "../../scripts/servers/all-kinds.ts";
import type { Admitted } from "../../scripts/servers/allow-list.ts";
import { WITNESSES } from "./gates/kinds.ts";
import { type Asked, edited, GATES, type Verdict } from "./gates/witness.ts";
import { serial } from "./nginx-samples.ts";
import { admissions, OFFERED, registries } from "./random.ts";
import { RenderedFiles } from "./rendered.ts";

// One law for every kind of server: who gets in is the same set, and whoever does not is kept out by the same gate.

const OTHER_NAMES = [
  "",
  "other.example.com",
  "all-example.com",
  "allxexample.com",
  "x.all.example.com",
  "all.example.co",
];
const VERIFIED = ["SUCCESS", "NONE", "FAILED:certificate revoked", "FAILED:self-signed certificate"];
const UNLISTED = serial(99);

function render(software: Software, registry: Registry, admitted: readonly Admitted[]): DerivedFile[] {
  const valid = admitted.map(({ serial, client }) => {
    const pem = `-----BEGIN CERTIFICATE-----\n${btoa(serial)}\n-----END CERTIFICATE-----\n`;
    return { identity: client, certificate: { serial, pem, kind: "client" as const } };
  });
  const authority = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n";
  return SERVER_KINDS[software].render({
    registry,
    now: 0,
    authority,
    valid,
    admitted,
    issuedServers: ["all", "some"],
  });
}

/** Everybody asks for everything: as they should, and with one thing wrong. */
function* requests(
  software: Software,
  { servers }: Registry,
  admitted: readonly Admitted[],
  n: number,
): Generator<Asked> {
  const services = SOFTWARE_RULES[software].serves === "services";
  for (const [server, { services: passedOn }] of servers) {
    // To stunnel the name of a service that it does not pass on is any other name.
    for (const wanted of services ? passedOn : OFFERED) {
      const sni = services ? `${wanted}.example.net` : `${server}.example.com`;
      for (const { serial } of [...admitted, { serial: UNLISTED }]) {
        const good = { server, wanted, serial, verify: "SUCCESS", name: { ours: true, sni }, resumed: false };
        yield good;
        yield { ...good, resumed: true };
        yield { ...good, verify: VERIFIED[1 + (n % 3)] ?? "" };
        yield { ...good, name: { ours: false, sni: OTHER_NAMES[n % OTHER_NAMES.length] ?? "" } };
      }
    }
  }
}

/** What the registry says of it. */
function expected(software: Software, registry: Registry, admitted: readonly Admitted[], asked: Asked): Verdict {
  const { serves } = SOFTWARE_RULES[software];
  if (!asked.name.ours) return "name";
  if (asked.verify !== "SUCCESS") return "verification";
  const name = admitted.find(({ serial }) => serial === asked.serial)?.client ?? "";
  const client = registry.clients.get(name);
  if (client === undefined || client.suspended || client.revoked !== null) return "listed";
  if (asked.resumed) return "resumed";
  if (registry.servers.get(asked.server)?.[serves].includes(asked.wanted) !== true) return "nothing there";
  return reach(registry, name, 0)[serves].includes(asked.wanted) ? "admitted" : "role";
}

/** stunnel pins by service: whom no service lets in is not listed, and a session is refused before anybody is looked at. */
function alike(software: Software, verdict: Verdict, asked: Asked): string {
  if (software !== "stunnel" || verdict === "admitted") return verdict;
  if (asked.resumed) return "resumed";
  return verdict === "listed" || verdict === "role" ? "listed, or role" : verdict;
}

function law(software: Software, change = (files: readonly DerivedFile[]) => files) {
  return fc.property(registries(software), admissions, fc.nat(), (registry, admitted, n) => {
    const files = new RenderedFiles(change(render(software, registry, admitted)), `${DIR[software]}/`);
    for (const asked of requests(software, registry, admitted, n)) {
      const verdict = WITNESSES[software].verdict(files, asked);
      const wanted = expected(software, registry, admitted, asked);
      expect([asked, alike(software, verdict, asked)]).toEqual([asked, alike(software, wanted, asked)]);
    }
  });
}

describe.each(SOFTWARE)("the gates of %s", (software) => {
  test("let in whom the registry lets in, and keep everybody else out, each by its own", () => {
    fc.assert(law(software), { numRuns: 20 });
  });

  test.each(GATES)("are not the same without the one for %s: the law finds it", (gate) => {
    const without = law(software, (files) => edited(files, WITNESSES[software].without[gate]));
    const { failed, errorInstance } = fc.check(without, { numRuns: 30, seed: 7, endOnFailure: true });
    expect(failed).toBe(true);
    expect(String(errorInstance)).toContain("to deeply equal");
  });
});
