import type { Registry } from "../../model/registry.ts";
import type { CRL } from "../../model/schema/authority.ts";
import type { Entry } from "../../model/schema/record.ts";
import { formatDuration } from "../../model/time.ts";
import type { Scope } from "./scope.ts";

export function buildCrl(entry: Entry<typeof CRL.fields>, { report }: Scope): Registry["crl"] {
  const { lifetime, renewBefore } = entry.base;
  if (renewBefore >= lifetime) {
    const place = entry.at(entry.has("renewBefore") ? "renewBefore" : "lifetime");
    const shown = formatDuration(renewBefore);
    report.add(place, `renew_before (${shown}) of crl must be below its lifetime (${formatDuration(lifetime)})`);
  }
  return entry.base;
}
