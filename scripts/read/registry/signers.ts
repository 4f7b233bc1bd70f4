import type { Repository, Signer } from "../../model/registry.ts";
import type { Entry } from "../../model/schema/record.ts";
import type { SIGNER } from "../../model/schema/signers.ts";
import { checkRequest } from "./clients.ts";
import type { ServerContext } from "./servers.ts";
import { readSettings } from "./settings.ts";

/** Section signers. */

export type SignerContext = Pick<ServerContext, "scope" | "authorityLifetime" | "defaults"> & {
  readonly repositories: ReadonlyMap<string, Repository>;
};

export function buildSigner(name: string, entry: Entry<typeof SIGNER.fields>, context: SignerContext): Signer {
  const { scope, repositories } = context;
  const settings = readSettings(entry, `signers.${name}`, scope, context.authorityLifetime, context.defaults);
  const { csr, repository } = entry.base;
  if (csr) checkRequest(name, entry.offset, scope);
  else if (settings.key === "ed25519" && repository !== null && repositories.get(repository)?.type === "pkgsrc") {
    const message = `${name} signs for ${repository}, a pkgsrc repository, and pkg_install verifies no ed25519 signature`;
    scope.report.add(entry.at("key"), message, "write key: ec-p256, or rsa-3072");
  }
  return { ...entry.base, ...settings };
}
