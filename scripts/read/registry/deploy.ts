import type { Client, Deploy } from "../../model/registry.ts";
import { hostAndPort } from "./address.ts";
import { type Field, type Located, located, nameOf, oneOf, type Scope, text } from "./field.ts";
import { define, record } from "./record.ts";
import { absolutePath } from "./values.ts";

const sshHost = text({
  description: "[user@]host[:port]",
  pattern: "^([A-Za-z_][A-Za-z0-9_.-]{0,31}@)?(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9][A-Za-z0-9.-]*)(:[1-9][0-9]{0,4})?$",
  mustBe: "[user@]host[:port], such as deploy@pkg.example.com:22",
  longest: 300,
  refine: (written) => {
    const at = hostAndPort(written.slice(written.indexOf("@") + 1));
    return at === null
      ? { wrong: "must be [user@]host[:port], such as deploy@pkg.example.com:22" }
      : { value: written };
  },
});

/** Far stricter than git-check-ref-format: no component may begin with a dot or dash, or end in .lock. */
const branch = text({
  description: "The git branch that the server fetches.",
  pattern: "^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*$",
  mustBe: "the name of a git branch",
  longest: 200,
  refine: (name) =>
    /\.\.|\.(?:\/|$)|\.lock(?:\/|$)/.test(name) ? { wrong: "must be the name of a git branch" } : { value: name },
});

const DEFINITION = define({
  description: "How a release comes to the server.",
  required: ["to"],
  fields: {
    to: oneOf("local: this machine; ssh: sent there; pull: the server fetches a git branch.", ["local", "ssh", "pull"]),
    directory: absolutePath("Where releases live; /etc/gatehouse or /usr/local/etc/gatehouse unless said."),
    host: sshHost,
    branch,
    canary: located(nameOf("A client with a managed key: its certificate is tried after each activation.", "clients")),
  },
});

/** What each way needs and allows beside `to`. */
const WAYS = {
  local: { needs: null, allows: ["directory", "canary"] },
  ssh: { needs: "host", allows: ["host", "directory", "canary"] },
  pull: { needs: "branch", allows: ["branch"] },
} as const;

export interface ReadDeploy {
  readonly deploy: Deploy;
  readonly canary: Located<string> | undefined;
}

export const DEPLOY: Field<ReadDeploy> = record(DEFINITION, (entry, scope) => {
  const to = entry.get("to");
  const [directory, host, branchName] = [entry.get("directory"), entry.get("host"), entry.get("branch")];
  const canary = entry.get("canary");
  if (to === undefined) return undefined;
  const { needs, allows } = WAYS[to];
  for (const key of ["directory", "host", "branch", "canary"] as const) {
    const allowed: readonly string[] = allows;
    if (entry.has(key) && !allowed.includes(key)) scope.report.add(entry.at(key), `${key} is not for deploy to ${to}`);
  }
  if (needs !== null && !entry.has(needs)) scope.report.add(entry.offset, `deploy to ${to} lacks ${needs}`);
  if (to === "pull") return { deploy: { to, branch: branchName ?? "" }, canary: undefined };
  const common = { directory: directory ?? null, canary: canary?.value ?? null };
  if (to === "ssh") return { deploy: { to, host: host ?? "", ...common }, canary };
  return { deploy: { to, ...common, said: directory === undefined && canary === undefined }, canary };
});

/** A canary needs a certificate, and a key that deploy can read. `clients`: read before, those that could be. */
export function checkCanary({ canary }: ReadDeploy, clients: ReadonlyMap<string, Client>, { report }: Scope): void {
  const client = canary && clients.get(canary.value);
  if (canary === undefined || client === undefined) return;
  const { csr, revoked, suspended } = client;
  const why = csr ? "keeps its own key" : revoked !== null ? "is revoked" : suspended ? "is suspended" : null;
  if (why === null) return;
  report.add(canary.offset, `canary: ${canary.value} ${why}`, "name a client with a key made here and access");
}
