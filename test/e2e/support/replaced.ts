import { chmodSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import type { Plan } from "../../../scripts/model/plan.ts";
import { reconcileHere } from "./in-process.ts";
import type { Repository } from "./repository.ts";

/** Entries stand apart, so that git merges changes of one without the other. */
export const REGISTRY = `version: 1
authority: { common_name: Test CA, organization: Test Ltd, key: ec-p256 }
repositories:
  packages: { type: pkg, path: /packages/, root: /srv/packages }
  downloads: { type: files, path: /downloads/, root: /srv/downloads }
  tools: { type: files, path: /tools/, root: /srv/tools }
groups:
  staff: { repositories: [packages, downloads] }
  # who builds
  builders: { repositories: [tools] }
  # who pays
  customers: { repositories: [downloads] }
  # the end
servers:
  pkg.example.com: { software: nginx }
clients:
  alice: { groups: [staff] }
  # alice
  bob: { groups: [staff, builders] }
  # bob
  carol: { groups: [customers] }
  # carol
`;

export function edit(twin: Repository, from: string, to: string): void {
  const text = twin.read("clients.yaml");
  if (!text.includes(from)) throw new Error(`clients.yaml has no ${from}`);
  twin.write("clients.yaml", text.replace(from, to));
}

export async function carryOut(twin: Repository, now: string): Promise<Plan> {
  const plan = await reconcileHere(twin, now);
  twin.commit("Carry out");
  return plan;
}

/** `client: +gained -lost` */
export function access({ access: changes }: Plan): string[] {
  return changes.map(({ client, gains, loses }) =>
    [`${client}:`, ...gains.map((one) => `+${one}`), ...loses.map((one) => `-${one}`)].join(" "),
  );
}

export const codes = ({ refusals }: Plan) => [...new Set(refusals.map(({ code }) => code))].sort();

const replace = (twin: Repository, path: string, by: (file: string) => void) => {
  rmSync(twin.at(path), { recursive: true });
  by(twin.at(path));
};

/** A repository of its own in a directory, which git adds as a submodule. */
export function repositoryAt(twin: Repository, path: string): void {
  mkdirSync(twin.at(path), { recursive: true });
  twin.git("-C", path, "init", "--quiet");
  twin.git("-C", path, "commit", "--quiet", "--allow-empty", "--message=Inside");
}

const submodule = (twin: Repository, path: string) => {
  rmSync(twin.at(path), { recursive: true });
  twin.git("rm", "-r", "--quiet", "--cached", "--", path);
  repositoryAt(twin, path);
};

/** What a branch puts in place of a file. */
export const REPLACED: readonly (readonly [string, (twin: Repository) => void])[] = [
  ["a symlink in place of clients.yaml", (twin) => replace(twin, "clients.yaml", (file) => symlinkSync("x.md", file))],
  [
    "a symlink whose blob is YAML in place of clients.yaml",
    (twin) => {
      const id = twin.git("rev-parse", "HEAD:clients.yaml").trim();
      rmSync(twin.at("clients.yaml"));
      twin.git("update-index", "--cacheinfo", `120000,${id},clients.yaml`);
      twin.git("commit", "--quiet", "--message=Link");
      twin.git("checkout", "--quiet", "--force", "HEAD");
    },
  ],
  ["a submodule in place of clients.yaml", (twin) => submodule(twin, "clients.yaml")],
  ["clients.yaml renamed", (twin) => twin.git("mv", "clients.yaml", "clients.md")],
  ["clients.yaml gone", (twin) => rmSync(twin.at("clients.yaml"))],
  [
    "a directory in place of clients.yaml",
    (twin) => {
      rmSync(twin.at("clients.yaml"));
      twin.write("clients.yaml/inside.md", "text\n");
    },
  ],
  ["clients.yaml executable", (twin) => chmodSync(twin.at("clients.yaml"), 0o755)],
  ["pki/registry.yaml executable", (twin) => chmodSync(twin.at("pki/registry.yaml"), 0o755)],
  ["a symlink in place of the CRL", (twin) => replace(twin, "pki/crl.pem", (file) => symlinkSync("ca.crt", file))],
  ["a symlink in place of pki/nginx", (twin) => replace(twin, "pki/nginx", (file) => symlinkSync("issued", file))],
  ["a submodule in place of pki/nginx", (twin) => submodule(twin, "pki/nginx")],
  ["a submodule in place of pki", (twin) => submodule(twin, "pki")],
  ["a symlink in place of pki", (twin) => replace(twin, "pki", (file) => symlinkSync("docs", file))],
  ["pki renamed", (twin) => twin.git("mv", "pki", "keys")],
  [
    "a request that is a symlink",
    (twin) => {
      mkdirSync(twin.at("pki/reqs"), { recursive: true });
      symlinkSync("../ca.crt", twin.at("pki/reqs/carol.req"));
    },
  ],
];
