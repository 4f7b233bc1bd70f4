import type { Plan } from "../../../scripts/model/plan.ts";
import { differing } from "./files.ts";
import { access, ends, homes } from "./judge-access.ts";
import { certificates, compromised, revocationList } from "./judge-certificates.ts";
import { definitions, edits } from "./judge-edits.ts";
import { type Happened, type Lie, unlike } from "./lie.ts";

/** Everything that a plan said and that is not so, and everything that is so and was not said. */
export function lies(plan: Plan, happened: Happened): Lie[] {
  return [
    ...access(plan, happened),
    ...ends(plan, happened),
    ...homes(plan, happened),
    ...edits(plan, happened),
    ...definitions(plan, happened),
    ...factLies(plan, happened),
  ];
}

/** The same of what is written down in pki/ and of code alone. */
export function factLies(plan: Plan, happened: Happened): Lie[] {
  return [
    ...certificates(plan, happened),
    ...compromised(plan, happened),
    ...revocationList(plan, happened),
    ...derived(plan, happened),
    ...code(plan, happened),
  ];
}

/** Facts, what is signed, and keys: told by decisions, not as files. */
const FACTS = /^pki\/(?:certs_by_serial|revoked|held|private\/by_serial)\/|^pki\/crl\.pem$/;

function derived(plan: Plan, { base, merged, carriedOut }: Happened): Lie[] {
  const said = plan.changes.flatMap((change) =>
    change.kind === "file" && !FACTS.test(change.path) ? [change.path] : [],
  );
  const real = differing(merged, carriedOut).filter((path) => path.startsWith("pki/") && !FACTS.test(path));
  const outside = differing(merged, carriedOut).filter((path) => !path.startsWith("pki/"));
  const state = differing(base, merged).filter((path) => path.startsWith("pki/") && !OF_PULL_REQUESTS.test(path));
  return [
    ...unlike("files", said.sort(), real),
    ...unlike("files outside of pki/ that reconcile wrote", [], outside),
    ...unlike("state that the branch changed", [], state),
  ];
}

/** What a pull request may bring under pki/. */
export const OF_PULL_REQUESTS =
  /^pki\/(?:reqs\/[^/]+\.req|signing\/[^/]+|allowed_signers|guard-allow\.yaml|README\.md)$/;

/** DESIGN 4: everything is code but clients.yaml, pki/ and Markdown that is an ordinary file. */
function code(plan: Plan, { base, merged }: Happened): Lie[] {
  const isData = (path: string) =>
    path === "clients.yaml" ||
    path.startsWith("pki/") ||
    (/\.md$/i.test(path) && (merged.get(path)?.mode ?? "100644") === "100644");
  const real = differing(base, merged).filter((path) => !isData(path));
  const said = plan.warnings.some((warning) => warning.code === "CodeChanged");
  return unlike("code that changes", said, real.length > 0);
}
