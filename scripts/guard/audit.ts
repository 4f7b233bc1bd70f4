import type { Instant } from "../model/time.ts";
import { now as clock } from "../system/clock.ts";
import { openGit } from "../system/git.ts";
import { allObjectSizes } from "../system/objects.ts";
import { NOTHING_ALLOWED } from "./allow.ts";
import { readObjects } from "./blobs.ts";
import { changesOf, reachable } from "./commits.ts";
import type { GuardFinding, Item } from "./finding.ts";
import { guardStaged, policyOf, sorted } from "./index.ts";
import { Judge } from "./judge.ts";
import { openSecrets } from "./protected.ts";
import { judgeTexts, NO_GRAFTS } from "./range.ts";

/**
 * Looks at everything that the repository has: all refs, reflogs and worktrees, and every loose, packed or unreachable
 * object, besides the index. Throws when it cannot decide.
 */
export async function guardAudit(root: string, now: Instant = clock()): Promise<GuardFinding[]> {
  const git = openGit(root, NO_GRAFTS);
  const bare = (await git.raw(["rev-parse", "--is-bare-repository"])).trim() === "true";
  const sizes = await allObjectSizes(git);
  const refs = ["--all", "--reflog"];
  const names = await reachable(git, bare ? refs : [...refs, "--indexed-objects"]);
  const ofType = (type: string) => [...sizes].flatMap(([id, object]) => (object.type === type ? [id] : []));
  const changes = await changesOf(git, ofType("commit"));
  const allow = bare ? NOTHING_ALLOWED : await policyOf(git, now);
  const secrets = openSecrets(root, new Map());
  const judge = new Judge({ secrets: { ...secrets, isForeign: () => true }, allow, published: true, now });

  const byId = Map.groupBy(changes, ({ id }) => id);
  for await (const { id, bytes } of readObjects(git, ofType("blob"), sizes)) {
    const known: Item[] = [];
    for (const item of byId.get(id) ?? []) if (!(await judge.name(item))) known.push(item);
    await judge.judge(known.length > 0 ? known : [nameless(id, names.get(id))], bytes, bytes === null);
  }
  for (const item of changes) if (item.mode === "160000") await judge.judge([item], null);
  await judgeTexts(git, judge, [...ofType("commit"), ...ofType("tag")]);
  return sorted([...(bare ? [] : await guardStaged(root, now)), ...judge.findings]);
}

/** A blob of no commit: of the index, of a tag, or left over. */
function nameless(id: string, name: string | undefined): Item {
  const path = `(object ${id.slice(0, 12)})`;
  const remove =
    name === undefined
      ? "git reflog expire --expire=now --all && git gc --prune=now"
      : `git log --all --find-object=${id}`;
  return { mode: "", id, path, commit: null, remove };
}
