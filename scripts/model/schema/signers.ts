import { nameOf } from "./basics.ts";
import { OWN_SETTINGS } from "./certificates.ts";
import { boolean, duration } from "./kinds.ts";
import { otherwise, unless } from "./presence.ts";
import { define } from "./record.ts";

export const SIGNER = define("An identity that signs packages.", {
  repository: nameOf("The repository it signs for.", "repositories"),
  csr: unless(boolean("The signer keeps its own key: pki/reqs/NAME.req."), false),
  ...OWN_SETTINGS,
  lifetime: otherwise(
    duration("How long a certificate lasts; short, since pkg_install reads no CRL."),
    "as section certificates says it, else `90d`",
  ),
});
