import { runCommand } from "./cli/run.ts";
import { exportIsConfirmed } from "./flows/export.ts";
import { type Loaded, loadToShow } from "./flows/load.ts";
import { provenanceOf } from "./flows/provenance.ts";
import { canonicalRegistry } from "./model/canonical.ts";
import { nearest } from "./model/nearest.ts";
import { SERIAL } from "./model/paths.ts";
import { formatProblem, UserError } from "./model/problem.ts";
import type { Registry } from "./model/registry.ts";
import type { State } from "./model/state.ts";
import { SAVE_THE_KEY } from "./render/next-steps.ts";
import { printable } from "./render/printable.ts";
import { provenanceText } from "./render/provenance.ts";
import { reachText } from "./render/reach-text.ts";
import { type Status, type StatusFilter, statusJson, statusOf } from "./render/status.ts";
import { ROWS_ON_TERMINAL, statusText } from "./render/status-text.ts";

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
  async ({ flags: { client, repository, serial }, root, now, json, out, say, style, width, terminal }) => {
    const loaded = await loadToShow(root, now);
    const { registry, problems, state } = loaded;
    const filter = { client, repository, serial: serial === null ? null : readSerial(serial, state) };
    for (const problem of problems) say(printable(formatProblem(problem)));
    if (registry === null) say("clients.yaml cannot be read: this is how things stood when it was last carried out.");
    if (isPending(loaded))
      say("clients.yaml has changes that are not carried out yet, and not shown here: npm run plan");
    if (!exportIsConfirmed(root)) say(SAVE_THE_KEY);
    // What was carried out is what servers enforce; a wish in clients.yaml must not pass for it.
    const known = state.carriedOut?.registry ?? registry;
    const status = statusOf(known, state, now, filter);
    const filtered = client !== null || repository !== null || serial !== null;
    if (filtered) insistOnSomebody(status, known, filter);
    const certificate = filter.serial === null ? undefined : state.certificates.get(filter.serial);
    const provenance = certificate && (await provenanceOf(root, certificate));
    if (json) out(statusJson(status, provenance));
    else {
      const look = { style: style.out, width };
      out(statusText(status, { ...look, rows: terminal && !filtered ? ROWS_ON_TERMINAL : null }));
      if (certificate && provenance !== undefined)
        out(provenanceText(provenance, state.revocations.has(certificate.serial), width));
      if (known !== null && !filtered) out(`\n${reachText(known, now, look)}`);
    }
    return registry === null ? 1 : 0;
  },
);

/** Whether clients.yaml asks for something else than what was carried out last. */
function isPending({ registry, state }: Loaded): boolean {
  const last = state.carriedOut?.registry;
  return registry !== null && last !== undefined && canonicalRegistry(registry) !== canonicalRegistry(last);
}

/** Serials as other programs print them (`5f:3a…`, `0x5F3A…`, `serial=5F3A…`), or their beginning, in our form. */
function readSerial(text: string, { certificates }: State): string {
  const digits = text
    .replace(/^(?:serial=|0x)/i, "")
    .replaceAll(":", "")
    .toUpperCase();
  const known = [...certificates.keys()].filter((serial) => serial.startsWith(digits));
  if (certificates.has(digits)) return digits;
  if (/^[0-9A-F]{2,}$/.test(digits) && known.length > 0) return onlyOne(known, text);
  if (SERIAL.test(digits)) return digits;
  throw new UserError(
    `--serial: "${text}" is not a serial number`,
    "Write it as openssl x509 -noout -serial prints it.",
  );
}

function onlyOne([serial = "", ...others]: readonly string[], text: string): string {
  if (others.length === 0) return serial;
  const some = [serial, ...others].slice(0, 5).join(", ");
  throw new UserError(`--serial: ${others.length + 1} serial numbers begin with ${text}`, `Write more of it: ${some}`);
}

/** A filter that finds nobody is most often a typing error. */
function insistOnSomebody(
  { identities }: Status,
  known: Registry | null,
  { client, repository, serial }: StatusFilter,
) {
  if (identities.length > 0) return;
  const names = [known?.clients, known?.servers, known?.signers].flatMap((section) => [...(section?.keys() ?? [])]);
  if (client !== null && !names.includes(client)) throw unknown("client, server or signer", client, names);
  const repositories = [...(known?.repositories.keys() ?? [])];
  if (repository !== null && !repositories.includes(repository)) throw unknown("repository", repository, repositories);
  if (serial !== null) throw new UserError(`no certificate here has the serial number ${serial}`);
}

function unknown(what: string, name: string, known: readonly string[]): UserError {
  const guess = nearest(name, known);
  return new UserError(`there is no ${what} ${name}`, ...(guess === null ? [] : [`Did you mean ${guess}?`]));
}
