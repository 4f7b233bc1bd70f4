import { DIR } from "../layout.ts";
import { list, namesOf, oneOf, text } from "./basics.ts";
import type { Field } from "./field.ts";
import { absolutePath, boolean, dns, dotted, hostPort } from "./kinds.ts";
import { otherwise, required, unless } from "./presence.ts";
import { define } from "./record.ts";
import { REPOSITORY_TYPES } from "./terms.ts";

/** Sections repositories, services and groups. */

const RESERVED_PATHS = ["/home/", "/.gatehouse/"];

const urlPath = text({
  description: "URL path, with a slash at both ends.",
  pattern: "^(/[A-Za-z0-9._~:+@-]+)+/$",
  mustBe: "a URL path with a slash at both ends, such as /debian/, of letters, digits and . _ ~ : + @ -",
  longest: 200,
  refine: (path) => {
    if (dotted(path)) return { wrong: "may not have . or .. as a part of the path" };
    const reserved = RESERVED_PATHS.find((taken) => path.toLowerCase().startsWith(taken));
    return reserved === undefined ? { value: path } : { wrong: `may not be under ${reserved}, which Gatehouse keeps` };
  },
});

const signingFile: Field<string> = (() => {
  const file = text({
    description: "pki/signing/FILE, the public half of the repository's own signature.",
    pattern: `^${DIR.signing}/[A-Za-z0-9_][A-Za-z0-9._+@-]*$`,
    mustBe: `a file in ${DIR.signing}/, such as ${DIR.signing}/packages.pub`,
    longest: 120,
  });
  const read: Field<string>["read"] = (node, what, scope) => {
    const path = file.read(node, what, scope);
    if (path === undefined || scope.hasSigning(path)) return path;
    scope.report.add(node.offset, `${what}: there is no file ${path}`, "add it beside this change");
    return undefined;
  };
  return { ...file, read };
})();

const suite = text({
  description: "apt: the suite, such as bookworm.",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._~+-]*(/[A-Za-z0-9][A-Za-z0-9._~+-]*)*$",
  mustBe: "the name of a suite, such as bookworm",
  longest: 100,
});

const component = text({
  description: "A component, such as main.",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*$",
  mustBe: "the name of a component, such as main",
  longest: 100,
});

export const REPOSITORY = define("Something served under a URL path.", {
  type: required(oneOf("Kind of repository.", REPOSITORY_TYPES)),
  path: required(urlPath),
  /** No slash at the end. */
  root: required(absolutePath("Absolute directory on the servers.")),
  suite,
  components: otherwise(list("apt: the components.", component, { least: 1 }), "`[main]` for apt"),
  signing: signingFile,
});

export const SERVICE = define("A TCP service behind stunnel.", {
  sni: required(dns("DNS name by which clients ask for the service.")),
  connect: required(hostPort("Where it listens: host:port.")),
});

export const GROUP = define("A named set of repositories and services; clients belong to groups.", {
  repositories: unless(namesOf("Repositories that the group may reach.", "repositories"), []),
  services: unless(namesOf("Services that the group may reach.", "services"), []),
  sensitive: unless(boolean("A plan that widens this group says so loudly."), false),
});
