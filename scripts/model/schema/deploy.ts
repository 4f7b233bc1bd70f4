import { hostAndPort } from "./address.ts";
import { nameOf, oneOf, text } from "./basics.ts";
import { type Field, type Located, located } from "./field.ts";
import { flag, isFields, object, orNull, since, text as textKept, type Value, word } from "./kept.ts";
import { absolutePath } from "./kinds.ts";
import { required } from "./presence.ts";
import { define, recordAs } from "./record.ts";

/** `canary`: a client whose certificate is tried after each activation, or null. */
export type Deploy =
  | {
      readonly to: "local";
      readonly directory: string | null;
      readonly canary: string | null;
      /** clients.yaml says `{ to: local }` and nothing beside it: directory or canary say it too. */
      readonly said: boolean;
    }
  | { readonly to: "ssh"; readonly host: string; readonly directory: string | null; readonly canary: string | null }
  | { readonly to: "pull"; readonly branch: string };

/** Whether clients.yaml itself says how to get there. The default, this machine, is meant for whoever types deploy. */
export function saysHow(deploy: Deploy): boolean {
  if (deploy.to !== "local") return true;
  return deploy.said || deploy.directory !== null || deploy.canary !== null;
}

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

const WAY = define("How a release comes to the server.", {
  to: required(
    oneOf("local: this machine; ssh: sent there; pull: the server fetches a git branch.", ["local", "ssh", "pull"]),
  ),
  directory: absolutePath("Where releases live; /etc/gatehouse or /usr/local/etc/gatehouse unless said."),
  host: sshHost,
  branch,
  canary: located(nameOf("A client with a managed key: its certificate is tried after each activation.", "clients")),
});

/** What each way needs and allows beside `to`. */
const WAYS = {
  local: { needs: null, allows: ["directory", "canary"] },
  ssh: { needs: "host", allows: ["host", "directory", "canary"] },
  pull: { needs: "branch", allows: ["branch"] },
} as const;

type To<K extends Deploy["to"]> = Extract<Deploy, { readonly to: K }>;

const here = object<To<"local">>({
  to: word(["local"]),
  directory: orNull(textKept),
  canary: since(orNull(textKept), null),
  said: since(flag, false),
});
const overSsh = object<To<"ssh">>({
  to: word(["ssh"]),
  host: textKept,
  directory: orNull(textKept),
  canary: since(orNull(textKept), null),
});
const pulled = object<To<"pull">>({ to: word(["pull"]), branch: textKept });

const kept: Value<Deploy> = {
  write: (way) => (way.to === "local" ? here.write(way) : way.to === "ssh" ? overSsh.write(way) : pulled.write(way)),
  show: (way) => (way.to === "local" ? here.show(way) : way.to === "ssh" ? overSsh.show(way) : pulled.show(way)),
  read: (value, what) => {
    const to = isFields(value) ? value["to"] : null;
    return (to === "ssh" ? overSsh : to === "pull" ? pulled : here).read(value, what);
  },
};

export interface ReadDeploy {
  readonly deploy: Deploy;
  readonly canary: Located<string> | undefined;
}

export const UNSAID: ReadDeploy = {
  deploy: { to: "local", directory: null, canary: null, said: false },
  canary: undefined,
};

export const deploy: Field<ReadDeploy, Deploy> = recordAs(WAY, kept, UNSAID, (entry, scope) => {
  const { to, directory, host, branch, canary } = entry.given;
  if (to === undefined) return undefined;
  const { needs, allows } = WAYS[to];
  for (const key of ["directory", "host", "branch", "canary"] as const) {
    const allowed: readonly string[] = allows;
    if (entry.has(key) && !allowed.includes(key)) scope.report.add(entry.at(key), `${key} is not for deploy to ${to}`);
  }
  if (needs !== null && !entry.has(needs)) scope.report.add(entry.offset, `deploy to ${to} lacks ${needs}`);
  if (to === "pull") return { deploy: { to, branch: branch ?? "" }, canary: undefined };
  const common = { directory: directory ?? null, canary: canary?.value ?? null };
  if (to === "ssh") return { deploy: { to, host: host ?? "", ...common }, canary };
  return { deploy: { to, ...common, said: directory === undefined && canary === undefined }, canary };
});
