import type { Client } from "../../model/registry.ts";
import type { ReadDeploy } from "../../model/schema/deploy.ts";
import type { Scope } from "./scope.ts";

/** A canary needs a certificate, and a key that deploy can read. `clients`: read before, those that could be. */
export function checkCanary({ canary }: ReadDeploy, clients: ReadonlyMap<string, Client>, { report }: Scope): void {
  const client = canary && clients.get(canary.value);
  if (canary === undefined || client === undefined) return;
  const { csr, revoked, suspended } = client;
  const why = csr ? "keeps its own key" : revoked !== null ? "is revoked" : suspended ? "is suspended" : null;
  if (why === null) return;
  report.add(canary.offset, `canary: ${canary.value} ${why}`, "name a client with a key made here and access");
}
