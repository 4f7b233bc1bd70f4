import { type CarriedOut, carriedOutByHead } from "../flows/provenance.ts";
import type { Forge } from "./forges.ts";
import { MAIN, PLAN_MARK, write, written } from "./thread.ts";

const MARK = "<!-- gatehouse carried out -->";

interface Telling {
  readonly root: string;
  readonly forge: Forge;
  /** For the job's log. */
  readonly say: (line: string) => void;
}

/**
 * Says on merged changes where HEAD, the newest commit of reconcile's, carried out something else than their comment
 * had. Nothing is said twice, and nothing where the digests agree. Throws UserError where the forge cannot be asked.
 */
export async function tell({ root, forge, say }: Telling): Promise<void> {
  const carried = await carriedOutByHead(root);
  if (carried === null) return say("HEAD is no commit of reconcile's: nothing was carried out, nothing to tell");
  if (carried.more) say("More commits were carried out at once than are looked at here: the oldest are left out.");
  const numbers = await changesIn(forge, carried);
  for (const number of numbers) {
    const said = await digestShown(forge, number);
    const others = numbers.filter((other) => other !== number);
    const agrees = said !== null && said === carried.digest;
    const done = agrees
      ? "carried out as it was shown"
      : await write({ forge, number, mark: MARK }, notice({ carried, said, others }));
    say(`${number}: ${done}`);
  }
}

/**
 * Numbers of the changes that asked for something. Merged by rebase, a change is several commits, and Forgejo knows
 * the last of them alone: what those before it ask for counts for it.
 */
async function changesIn(forge: Forge, { since }: CarriedOut): Promise<number[]> {
  const found = new Set<number>();
  let asks = false;
  for (const one of since) {
    asks ||= one.asks;
    const numbers = await forge.mergedBy(one.commit, MAIN);
    if (asks) for (const number of numbers) found.add(number);
    if (numbers.length > 0) asks = false;
  }
  return [...found];
}

/** The digest in our own comment; null where there is none: no comment, or no plan in it. */
async function digestShown(forge: Forge, number: number): Promise<string | null> {
  const comment = await written({ forge, number, mark: PLAN_MARK });
  // Ours is the last line of that form: what comes from the registry stands in code blocks, with a sign before it.
  return [...(comment?.body ?? "").matchAll(/^Digest: `(sha256:[0-9a-f]{64})`$/gm)].at(-1)?.[1] ?? null;
}

interface Difference {
  readonly carried: CarriedOut;
  readonly said: string | null;
  /** Other changes that were carried out with it. */
  readonly others: readonly number[];
}

function notice({ carried: { commit, digest }, said, others }: Difference): string {
  const lines =
    said === null
      ? ["**Carried out, and no plan was shown here before.**", "There is no digest to compare with."]
      : ["**Not the plan that was shown here was carried out.**", `The comment's digest was \`${said}\`.`];
  const now = digest === null ? "that commit does not say which plan" : `digest \`${digest}\``;
  const with_ = others.length === 0 ? "" : ` Carried out with it: ${others.map((other) => `#${other}`).join(", ")}.`;
  return `${MARK}
${lines.join(" ")} Commit ${commit} carried out: ${now}.${with_}

That is so where main has changed between the comment and the merge, by another merge or by time itself. Look at what was done:

\`\`\`sh
git fetch origin main
git show --no-patch ${commit}
\`\`\`
`;
}
