import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { issueAll } from "../../scripts/apply/issue.ts";
import { newSerial, type Order } from "../../scripts/apply/orders.ts";
import { UserError } from "../../scripts/model/problem.ts";
import { identitiesOf } from "../../scripts/plan/identity.ts";
import { openVault } from "../../scripts/vault/vault.ts";
import { makeIssuer } from "../../scripts/x509/issuer.ts";
import { elsewhereSigner } from "../../scripts/x509/signer.ts";
import { clientOf, registryOf } from "../support/plan-builders.ts";
import { issueAuthority, signerOf } from "../support/sign-now.ts";
import { DAY, NOW } from "../x509/helpers/made.ts";
import { clientsYaml, Repository } from "./support/repository.ts";

function ordersFor(count: number): Order[] {
  const clients = Object.fromEntries(Array.from({ length: count }, (_, at) => [`client${at}`, clientOf()]));
  const taken = new Set<string>();
  const same = { notBefore: NOW, notAfter: NOW + DAY, reason: "Missing", spki: null } as const;
  const identities = identitiesOf(registryOf({ clients })).values();
  return [...identities].map((identity) => ({ identity, serial: newSerial(taken), ...same }));
}

it("of 1,500 certificates whose signer dies at the 1,200th, those of the first flush are whole and nothing else is there", async () => {
  using repository = await Repository.ready(clientsYaml({}));
  const mine = new Set([...repository.list("pki/certs_by_serial"), ...repository.list("pki/private/by_serial")]);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const times = { notBefore: NOW - DAY, notAfter: NOW + 1000 * DAY };
  const subject = { commonName: "CA", organization: "O", country: null };
  const pem = issueAuthority({ ...subject, ...times, signer: signerOf(privateKey), serial: "40" });
  let asked = 0;
  const ask = async (body: Buffer) => {
    asked += 1;
    if (asked >= 1200) throw new UserError("the token was taken out");
    return sign("sha256", body, privateKey);
  };
  const issuer = makeIssuer(pem, elsewhereSigner(publicKey, ask, "the token"));
  const orders = ordersFor(1500);
  const vault = openVault(repository.root, process.env);
  const work = { root: repository.root, issuer, vault, now: NOW, tick: () => {} };
  await expect(issueAll(orders, work)).rejects.toThrow("the token was taken out");
  // What was on its way together; nobody begins another one.
  expect(asked).toBeLessThan(1200 + 512);
  const names = (directory: string) =>
    repository.list(directory).flatMap((name) => (mine.has(name) ? [] : [name.replace(/\..*/, "")]));
  const issued = names("pki/certs_by_serial");
  expect(issued).toHaveLength(1000);
  expect(names("pki/private/by_serial")).toEqual(issued);
  for (const serial of issued) {
    const certificate = new X509Certificate(repository.read(`pki/certs_by_serial/${serial}.pem`).replace(/^[^-]*/, ""));
    expect(certificate.verify(publicKey)).toBe(true);
  }
});
