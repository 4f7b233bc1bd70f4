import { runCommand } from "./cli/run.ts";
import { exportIsConfirmed } from "./flows/export.ts";
import type { Loaded } from "./flows/load.ts";
import { statusToShow } from "./flows/status.ts";
import { canonicalRegistry } from "./model/canonical.ts";
import { printable } from "./model/printable.ts";
import { formatProblem } from "./model/problem.ts";
import { SAVE_THE_KEY } from "./views/next-steps.ts";
import { provenanceText } from "./views/provenance.ts";
import { reachText } from "./views/reach-text.ts";
import { ROWS_ON_TERMINAL, statusText, whatBecameOf } from "./views/status/text.ts";
import { statusJson } from "./views/status/words.ts";

const flags = {
  client: { type: "string", argument: "NAME", description: "only this client, server or signer" },
  repository: { type: "string", argument: "NAME", description: "only who reaches, serves or signs this repository" },
  serial: {
    type: "string",
    argument: "SERIAL",
    description: "only this certificate (a beginning will do), and which commits admitted and revoked it",
  },
} as const;

await runCommand(
  { name: "status", summary: "authority, CRL, and who can reach what until when", flags, secrets: "none" },
  async ({ flags: filter, root, now, json, out, say, style, width, terminal }) => {
    const { loaded, status, inForce, provenance } = await statusToShow(root, now, filter);
    const { registry, problems } = loaded;
    for (const problem of problems) say(printable(formatProblem(problem)));
    if (registry === null) say("clients.yaml cannot be read: this is how things stood when it was last carried out.");
    if (isPending(loaded))
      say("clients.yaml has changes that are not carried out yet; what they give and take: npm run plan");
    if (!exportIsConfirmed(root)) say(SAVE_THE_KEY);
    for (const line of whatBecameOf(filter.client, status)) say(line);
    const filtered = filter.client !== null || filter.repository !== null || filter.serial !== null;
    if (json) out(statusJson(status, provenance));
    else {
      const display = { style: style.out, width };
      out(statusText(status, { ...display, rows: terminal && !filtered ? ROWS_ON_TERMINAL : null }));
      const revoked = status.identities.some((row) => row.revoked !== null);
      if (provenance !== undefined) out(provenanceText(provenance, revoked, width));
      if (inForce !== null && !filtered) out(`\n${reachText(inForce, now, display)}`);
    }
    return registry === null ? 1 : 0;
  },
);

/** Whether clients.yaml asks for something else than what was carried out last. */
function isPending({ registry, state }: Loaded): boolean {
  const last = state.carriedOut?.registry;
  return registry !== null && last !== undefined && canonicalRegistry(registry) !== canonicalRegistry(last);
}
