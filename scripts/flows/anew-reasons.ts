import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { wasDeployed } from "../deploy/marker.ts";
import { CA_CERTIFICATE } from "../model/layout.ts";
import type { Plan } from "../model/plan.ts";
import { printable } from "../model/printable.ts";
import { UserError } from "../model/problem.ts";
import { MANIFEST } from "../model/release.ts";
import type { State } from "../model/state.ts";
import { touching } from "../read/lost-authority.ts";
import { type Git, openGit } from "../system/git.ts";
import { objectSizes } from "../system/objects.ts";
import { exportIsConfirmed } from "./export.ts";

/** What leaves no trace here, and so has to be asked of whoever begins anew. */
export const UNKNOWN =
  "this clone knows of no push, deploy, bundle or export; it cannot know of a push to a URL, of a clone or a copy";

/**
 * Why this authority is not given up: somebody else may rely on it already, as far as this clone knows. Null where
 * it knows of nobody. A push to a URL that no remote has, a clone of this clone and a copy of its files leave nothing.
 */
export async function whyNotAnew(root: string, state: State): Promise<string | null> {
  const git = openGit(root);
  return whyExported(root, state) ?? (await whyDeployed(git, state)) ?? (await whyPushed(git));
}

/** Without an authority there is nothing to rely on, and no key to have saved. */
function whyExported(root: string, { authority }: State): string | null {
  if (authority === null || !existsSync(join(root, ".git")) || !exportIsConfirmed(root)) return null;
  return "git-crypt's key was exported, and is kept somewhere as the key to this authority";
}

async function whyDeployed(git: Git, { carriedOut }: State): Promise<string | null> {
  if (wasDeployed(git.root)) return "it was deployed, or a bundle was made: others have its certificates";
  for (const { deploy } of carriedOut?.registry.servers.values() ?? []) {
    if (deploy.to !== "local") continue;
    for (const place of deploy.directory === null ? DEFAULT_PLACES : [deploy.directory]) {
      const commit = commitIn(join(place, "current", MANIFEST));
      if (commit !== null && (await objectSizes(git, [commit])).has(commit))
        return `it was deployed: ${place} has a release of commit ${commit.slice(0, 12)}`;
    }
  }
  return null;
}

/** Where activate puts releases. */
const DEFAULT_PLACES = ["/etc/gatehouse", "/usr/local/etc/gatehouse"];

function commitIn(manifest: string): string | null {
  try {
    return /^commit ([0-9a-f]{40,64})$/m.exec(readFileSync(manifest, "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}

async function whyPushed(git: Git): Promise<string | null> {
  const listing = await git.raw(["for-each-ref", "--format=%(objectname) %(refname:short)", "refs/remotes/"]);
  const refs = listing.split("\n").flatMap((line) => (line === "" ? [] : [line.split(" ")]));
  for (const [id = "", name = ""] of refs)
    if ((await touching(git, [id], CA_CERTIFICATE)).length > 0) return `it was pushed: ${printable(name)} has it`;
  return null;
}

/** The same of what every remote has now, however it came there. Throws UserError where one cannot be asked. */
export async function whyAtRemotes(git: Git): Promise<string | null> {
  const remotes = (await git.raw(["remote"])).split("\n").filter((name) => name !== "");
  for (const remote of remotes) {
    try {
      const ids = await branchesAt(git, remote);
      if ((await touching(git, ids, CA_CERTIFICATE)).length > 0)
        return `it was pushed: the remote ${printable(remote)} has it`;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(
        `the remote ${printable(remote)} cannot be asked whether the authority was pushed there: ${error.message}`,
        "nothing was removed; try again when it can be reached, or where it is none of yours: git remote remove NAME",
      );
    }
  }
  return null;
}

/** Commits and tags of a remote, here to be looked at; they become no branch of this clone's. */
async function branchesAt(git: Git, remote: string): Promise<string[]> {
  const told = await git.raw(["ls-remote", "--heads", "--tags", "--refs", "--", remote]);
  const refs = told.split("\n").flatMap((line) => {
    const [, id, name] = /^([0-9a-f]{40,64})\t(.+)$/.exec(line) ?? [];
    return id === undefined || name === undefined ? [] : [{ id, name }];
  });
  const ids = [...new Set(refs.map(({ id }) => id))];
  const known = await objectSizes(git, ids);
  const fresh = refs.filter(({ id }) => !known.has(id)).map(({ name }) => `${name}\n`);
  const fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--stdin", "--", remote];
  if (fresh.length > 0) await git.raw(fetch, fresh.join(""));
  return ids;
}

const ADVICE = ` Or, if nobody has this authority yet (${UNKNOWN}), begin anew under the new name: npm start -- --anew`;

/** The plan, whose refusal of another authority says how to begin anew, as long as that is possible. */
export async function withAnewAdvice(plan: Plan, root: string, state: State): Promise<Plan> {
  const { refusals } = plan;
  if (!refusals.some(({ code }) => code === "AuthorityChanged")) return plan;
  if ((await whyNotAnew(root, state)) !== null) return plan;
  const advised = refusals.map((one) =>
    one.code === "AuthorityChanged" ? { ...one, message: one.message + ADVICE } : one,
  );
  return { ...plan, refusals: advised };
}
