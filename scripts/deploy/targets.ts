import { UserError } from "../model/problem.ts";
import { type Deploy, type Registry, saysHow } from "../model/registry.ts";
import { nearest } from "../model/words.ts";

/**
 * The servers that clients.yaml does not say how to get to. By default that is the machine that runs deploy, which is
 * meant for a person at a server: a git host or a runner is none.
 */
export function unsaid({ servers }: Registry): string[] {
  return [...servers].flatMap(([name, { deploy }]) => (saysHow(deploy) ? [] : [name]));
}

/**
 * The servers to deploy to, in the order of the registry. `only`: names with commas between, or null for all; `left`: names
 * that are left out. Throws UserError for a name that is none, and for two servers of one place: each would take the other's release away.
 */
export function chooseTargets({ servers }: Registry, only: string | null, left: readonly string[] = []): string[] {
  const wanted = only === null ? [...servers.keys()] : only.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (servers.has(name)) continue;
    const guess = nearest(name, servers.keys());
    throw new UserError(
      `there is no server ${name} in what was carried out last`,
      ...(guess === null ? [] : [`Did you mean ${guess}?`]),
      "a new one comes with: npm run reconcile -- --commit",
    );
  }
  const chosen = [...servers].filter(([name]) => wanted.includes(name) && !left.includes(name));
  const taken = new Map<string, string>();
  for (const [name, { deploy }] of chosen) {
    const other = taken.get(placeOf(deploy));
    if (other !== undefined) {
      throw new UserError(
        `${other} and ${name} are both deployed to ${placeOf(deploy)}, where only one can be current`,
        deploy.to === "pull" ? "give each a branch of its own" : "give each a deploy.directory of its own",
        `or deploy one: --only ${name}`,
      );
    }
    taken.set(placeOf(deploy), name);
  }
  return chosen.map(([name]) => name);
}

function placeOf(deploy: Deploy): string {
  if (deploy.to === "pull") return `the branch ${deploy.branch}`;
  const directory = deploy.directory ?? "the default directory";
  return deploy.to === "ssh" ? `${directory} on ${deploy.host}` : `${directory} on this machine`;
}
