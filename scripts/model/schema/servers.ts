import { list, nameOf, namesOf, oneOf, scalar } from "./basics.ts";
import { OWN_SETTINGS } from "./certificates.ts";
import { deploy } from "./deploy.ts";
import { type Field, located } from "./field.ts";
import { object, orNull, type Value, type Written, whole, word } from "./kept.ts";
import { absolutePath, boolean, count, host, hostPort, httpsUrl, listen } from "./kinds.ts";
import { beside, later, otherwise, required, unless } from "./presence.ts";
import { define, type EntryOf, record } from "./record.ts";
import { softwareWith } from "./software.ts";
import { SOFTWARE } from "./terms.ts";

const FILES = define("Files on the server.", {
  file: required(absolutePath("Certificate chain, PEM.")),
  key: required(absolutePath("Private key, PEM.")),
  ca: absolutePath("What clients need to trust it, when that is private."),
});

const files = record(FILES);
const issued = oneOf("Issued by this authority.", ["issued"]);

const certificate: Field<"issued" | EntryOf<typeof FILES>> = {
  schema: { description: "Where the server's certificate comes from.", anyOf: [issued.schema, files.schema] },
  type: `${issued.type}, or ${files.type}`,
  example: issued.example,
  read: (node, what, scope) => (node.kind === "scalar" ? issued : files).read(node, what, scope),
  kept: {
    write: (value) => (value === "issued" ? value : files.kept.write(value)),
    show: (value) => (value === "issued" ? value : files.kept.show(value)),
    read: (value, what) => (value === "issued" ? value : files.kept.read(value, what)),
  },
  blank: "issued",
  presence: "optional",
};

/** nginx's limit_req: `requests` in a second or a minute, and so many more, `burst`, at once. */
export interface Rate {
  readonly requests: number;
  readonly per: "s" | "m";
  readonly burst: number;
}

const rateKept: Value<Rate | null> = {
  ...orNull(object<Rate>({ requests: whole, per: word(["s", "m"]), burst: whole })),
  showFields: (value): Written =>
    value === null ? {} : { rate: `${value.requests}r/${value.per}`, burst: value.burst },
};

/** As nginx writes it, `20r/s` or `300r/m`. */
function rate(description: string): Field<Pick<Rate, "requests" | "per">, Rate | null> {
  return scalar<Pick<Rate, "requests" | "per">, Rate | null>({
    schema: { type: "string", description, pattern: "^[1-9][0-9]{0,4}r/[sm]$" },
    mustBe: "requests in a second or a minute, such as 20r/s or 300r/m",
    kept: rateKept,
    blank: { requests: 1, per: "s" },
    parse: (_, written) => {
      const [, requests, per] = /^([1-9][0-9]{0,4})r\/([sm])$/.exec(written) ?? [];
      return requests === undefined ? null : { requests: Number(requests), per: per === "s" ? "s" : "m" };
    },
  });
}

const ADDRESSES = softwareWith(({ addresses }) => addresses);
const SERVICES = softwareWith(({ serves }) => serves === "services");
const BACKEND = softwareWith(({ fields }) => fields.includes("backend"));
const RATE = softwareWith(({ fields }) => fields.includes("rate"));

const names = list(
  `DNS names; IP addresses too for ${ADDRESSES}. The first is the one in URLs.`,
  located(host("A name.")),
  { least: 1, key: (name) => name.value },
);

export const SERVER = define("A server of repositories or services.", {
  software: unless(oneOf("What runs there.", SOFTWARE), "nginx"),
  /** DNS names in lower case, IP addresses in canonical form; the first is the one in URLs. */
  names: otherwise(names, "`[NAME]`"),
  /** `issued`, or files on the server. */
  certificate: unless(certificate, "issued"),
  csr: unless(boolean("The server keeps its own key: pki/reqs/NAME.req."), false),
  /** `443`, `127.0.0.1:8443`, `[::]:443` */
  listen: unless(
    list("Where it listens for TLS: port or address:port.", listen("port or address:port"), { least: 1 }),
    [443, "[::]:443"],
  ),
  redirect: unless(list("Where plain HTTP is sent on to HTTPS.", listen("port or address:port")), [80, "[::]:80"]),
  /** https://HOST[:PORT], no slash at the end. */
  url: otherwise(httpsUrl("What clients use, https://NAME[:PORT]."), "of the first name and the first port"),
  repositories: otherwise(namesOf("Repositories it serves.", "repositories"), "all"),
  services: otherwise(namesOf(`${SERVICES}: services it offers.`, "services"), "all"),
  deploy: otherwise(deploy, "`{ to: local }`, where a person deploys"),
  /** How many requests each client may make; null: that is not limited. */
  rate: later(
    1,
    otherwise(
      rate(`${RATE}: how many requests each client may make, 20r/s or 300r/m; more are answered 429.`),
      "no limit",
    ),
  ),
  burst: beside(
    count(`${RATE}: how many requests of a client may come at once beyond its rate.`),
    "as many as the rate's",
  ),
  /** host:port that admitted requests are handed on to; null: the server has the repositories itself. */
  backend: later(3, hostPort(`${BACKEND}: host:port that requests are handed on to, once they are let in.`)),
  /** The repository at /home/ of clients that have no home of their own; null: they have none there. */
  home: later(
    2,
    nameOf("What clients without a home of their own see at /home/, where they reach it.", "repositories"),
  ),
  ...OWN_SETTINGS,
  shorten: later(4, OWN_SETTINGS.shorten),
});
