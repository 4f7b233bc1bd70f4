import { expect, test } from "vitest";
import { driftedFiles } from "../../scripts/deploy/drift.ts";
import { SOFTWARE, type Software } from "../../scripts/model/registry.ts";
import { derivedFiles } from "../../scripts/plan/files.ts";
import { SERVER_KINDS } from "../../scripts/servers/all-kinds.ts";
import {
  authorityOf,
  clientOf,
  DAY,
  groupOf,
  NOW,
  registryOf,
  repositoryOf,
  serverOf,
  stateOf,
  VERSION,
} from "../support/plan-builders.ts";
import { reconcile } from "../support/plan-simulator.ts";

const own = { file: "/etc/tls/own.crt", key: "/etc/tls/own.crt", ca: null };

/** A server of each kind, and a client whose certificate ends long before anybody reconciles again. */
const REGISTRY = registryOf({
  repositories: { packages: repositoryOf("packages") },
  services: { db: { sni: "db.example.com", connect: "127.0.0.1:5432" } },
  groups: { staff: groupOf(["packages"], { services: ["db"] }) },
  clients: { alice: clientOf({ groups: ["staff"], lifetime: 3 * DAY, renewBefore: DAY }) },
  servers: Object.fromEntries(SOFTWARE.map((software) => [`${software}.example.com`, serverOn(software)])),
});

function serverOn(software: Software) {
  const offer = software === "stunnel" ? { services: ["db"] } : { repositories: ["packages"] };
  return serverOf({ software, certificate: own, names: [`${software}.example.com`], ...offer });
}

const after = reconcile(REGISTRY, stateOf({ authority: authorityOf() }), NOW);
const texts = new Map(
  derivedFiles(REGISTRY, after, NOW, VERSION).flatMap((file) => ("text" in file ? [[file.path, file.text]] : [])),
);
const drift = (files: ReadonlyMap<string, string>, now: number) =>
  driftedFiles(REGISTRY, after, now, VERSION, {
    paths: [...files.keys()],
    read: (path) => Buffer.from(files.get(path) ?? ""),
  });

test("nothing has drifted because a certificate has ended since, whatever runs on a server", () => {
  expect([...drift(texts, NOW + 10 * DAY)]).toEqual([]);
});

test.each(SOFTWARE)("the file of a server of %s that somebody edited has", (software) => {
  const path = `pki/${software}/servers/${software}.example.com${SERVER_KINDS[software].ending}`;
  expect([...drift(new Map([...texts, [path, `${texts.get(path)}\n`]]), NOW)]).toEqual([path]);
});
