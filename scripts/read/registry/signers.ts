import type { Repository, Signer } from "../../model/registry.ts";
import type { EntryOf } from "./authority.ts";
import { checkRequest } from "./clients.ts";
import { otherwise, unless } from "./fallback.ts";
import { nameOf } from "./field.ts";
import { define, type Entry } from "./record.ts";
import type { ServerContext } from "./servers.ts";
import { OWN_SETTINGS, readSettings } from "./settings.ts";
import { boolean, duration } from "./values.ts";

/** Section signers. */

export const SIGNER = define({
  description: "An identity that signs packages.",
  required: [],
  fields: {
    repository: nameOf("The repository it signs for.", "repositories"),
    csr: unless(boolean("The signer keeps its own key: pki/reqs/NAME.req."), "false"),
    ...OWN_SETTINGS,
    lifetime: otherwise(
      duration("How long a certificate lasts; short, since pkg_install reads no CRL."),
      "as section certificates says it, else `90d`",
    ),
  },
});

export type SignerContext = Pick<ServerContext, "scope" | "authorityLifetime" | "defaults"> & {
  readonly repositories: ReadonlyMap<string, Repository>;
};

export function buildSigner(name: string, entry: Entry<EntryOf<typeof SIGNER>>, context: SignerContext): Signer {
  const { scope, repositories } = context;
  const settings = readSettings(entry, `signers.${name}`, scope, context.authorityLifetime, context.defaults);
  const csr = entry.or("csr");
  const repository = entry.get("repository") ?? null;
  if (csr) checkRequest(name, entry.offset, scope);
  else if (settings.key === "ed25519" && repository !== null && repositories.get(repository)?.type === "pkgsrc") {
    const message = `${name} signs for ${repository}, a pkgsrc repository, and pkg_install verifies no ed25519 signature`;
    scope.report.add(entry.at("key"), message, "write key: ec-p256, or rsa-3072");
  }
  return { ...settings, repository, csr };
}
