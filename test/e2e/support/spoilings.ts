import { mkdirSync, symlinkSync } from "node:fs";
import { reconcileHere } from "./in-process.ts";
import { clientsYaml, type Repository } from "./repository.ts";

const LATER = "2026-11-22T12:00:00Z";

export const CLIENTS = { alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" };
export const FORGED = "pki/revoked/5F00000000000000000000000000000F.yaml";

export const FACT = "at: 2026-11-21T12:00:00Z\nreason: superseded\ncause: Removed\n";

export function write(twin: Repository, path: string, text: string): void {
  twin.write(path, text);
  twin.commit(`Write ${path}`);
}

export function remove(twin: Repository, path: string): void {
  twin.git("rm", "--quiet", path);
  twin.commit(`Remove ${path}`);
}

export const revert = (twin: Repository, ...what: string[]) => twin.git("revert", "--no-edit", ...what);
export const merge = (twin: Repository, ...what: string[]) => twin.git("merge", "--quiet", "--no-edit", ...what);
const certificate = (twin: Repository) => `pki/certs_by_serial/${twin.list("pki/certs_by_serial")[0]}`;

/** One client more on main, carried out; stands on `change` again. */
export async function mainGoesOn(twin: Repository, name: string): Promise<void> {
  twin.git("switch", "--quiet", "main");
  twin.write("clients.yaml", clientsYaml({ ...CLIENTS, [name]: "{ groups: [guests] }" }));
  twin.commit(`Add ${name}`);
  await reconcileHere(twin, LATER);
  twin.commit("Carry out");
  twin.git("switch", "--quiet", "change");
}

/** What a branch does to facts of its own, and takes back. */
export const FORGERIES: readonly (readonly [what: string, work: (twin: Repository) => void | Promise<void>])[] = [
  [
    "one that is written and removed",
    (twin) => {
      write(twin, FORGED, FACT);
      remove(twin, FORGED);
    },
  ],
  [
    "a revert of a revert, reverted",
    (twin) => {
      write(twin, FORGED, FACT);
      for (let again = 0; again < 3; again++) revert(twin, "HEAD");
    },
  ],
  [
    "one that a merge of the branch dropped",
    (twin) => {
      twin.git("switch", "--quiet", "--create", "side");
      write(twin, FORGED, FACT);
      twin.git("switch", "--quiet", "change");
      merge(twin, "--strategy=ours", "side");
    },
  ],
  [
    "one that a merge of the branch brought, as none of its parents has it",
    (twin) => {
      twin.git("switch", "--quiet", "--create", "side");
      write(twin, "docs/side.md", "Side\n");
      twin.git("switch", "--quiet", "change");
      merge(twin, "--no-ff", "--no-commit", "side");
      write(twin, FORGED, FACT);
      remove(twin, FORGED);
    },
  ],
  [
    "a symlink with a fact's name",
    (twin) => {
      mkdirSync(twin.at("pki/revoked"));
      symlinkSync("elsewhere", twin.at(FORGED));
      twin.commit("Link");
      remove(twin, FORGED);
    },
  ],
];

/** What a branch does to main's facts, and takes back. */
export const RESTORED: readonly (readonly [what: string, work: (twin: Repository) => void | Promise<void>])[] = [
  [
    "main's own, changed and restored",
    (twin) => {
      write(twin, certificate(twin), "no certificate\n");
      revert(twin, "HEAD");
    },
  ],
  [
    "main's own, removed and restored",
    (twin) => {
      remove(twin, certificate(twin));
      revert(twin, "HEAD");
    },
  ],
  [
    "main's newest, by merging main twice",
    async (twin) => {
      write(twin, "docs/a.md", "A\n");
      for (const name of ["carol", "dave"]) {
        await mainGoesOn(twin, name);
        merge(twin, "main");
      }
    },
  ],
  [
    "main's newest, picked and reverted",
    async (twin) => {
      write(twin, "docs/a.md", "A\n");
      await mainGoesOn(twin, "carol");
      twin.git("cherry-pick", "main~1", "main");
      revert(twin, "HEAD", "HEAD~1");
    },
  ],
  [
    "main's own, which was damaged there when main was merged, and which main has mended",
    async (twin) => {
      write(twin, "docs/a.md", "A\n");
      await mainGoesOn(twin, "carol");
      twin.git("switch", "--quiet", "main");
      const [newest = ""] = twin.git("diff", "--name-only", "change", "main", "--", "pki/certs_by_serial").split("\n");
      write(twin, newest, "no certificate\n");
      twin.git("switch", "--quiet", "change");
      merge(twin, "main");
      twin.git("switch", "--quiet", "main");
      revert(twin, "HEAD");
      twin.git("switch", "--quiet", "change");
    },
  ],
];
