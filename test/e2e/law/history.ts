import { changeCode, changeShape, changeState } from "./attacks.ts";
import { type Edit, edited } from "./edits.ts";
import { textAt, write } from "./files.ts";
import { codesOf } from "./flows.ts";
import { type Commit, FIRST_DAY, isAncestor, merged, picked } from "./merging.ts";
import type { Entry, Files } from "./objects.ts";
import type { Merge, Operation, When } from "./operations.ts";
import type { Worktree } from "./worktree.ts";

interface Outcome {
  readonly files: Files;
  readonly refused: readonly string[];
  /** How many lose access by what was asked for. */
  readonly lose: number;
}

/** What `--allow-losses` lifts. */
const LIMITS = ["TooManyLosses", "LastSensitiveClient"];

export const DAY = 86_400;
const DATES: Readonly<Record<Exclude<When, 0>, number>> = { 1: 1_000_000_000, 2: 1_930_000_000 };

/** A repository's history as it grows: commits of any parents and dates, and what main carried out of it. */
export class History {
  readonly #worktree: Worktree;
  readonly #commits: Commit[];
  readonly #branches: (Commit | null)[];
  /** Requests that clients may bring: PEM. */
  readonly #requests: readonly string[];
  day: number;
  /** The day of the last run on main, where nothing was merged since; null where something waits. */
  settledOn: number | null = null;
  /** What the last run on main refused. */
  refused: readonly string[] = [];
  #count = 0;

  constructor(worktree: Worktree, commits: readonly Commit[], requests: readonly string[], day: number) {
    this.#worktree = worktree;
    this.#commits = [...commits];
    this.#branches = [commits.at(-1) ?? null, null, null, null];
    this.#requests = requests;
    this.day = day;
    this.settledOn = day;
  }

  get commits(): readonly Commit[] {
    return this.#commits;
  }

  get main(): Commit {
    return this.branch(0);
  }

  /** A branch that nobody made yet begins where main is. */
  branch(number: number): Commit {
    const commit = this.#branches[number] ?? this.#branches[0];
    if (!commit) throw new Error("there is no main");
    return commit;
  }

  /** One of the branches that have something main has not, or a new one, with these edits besides. */
  toReview(number: number, edits: readonly Edit[]): Commit {
    const open = this.#branches.flatMap((tip, on) => (tip === null || isAncestor(tip, this.main) ? [] : [on]));
    const on = open[number % Math.max(1, open.length)] ?? 1;
    if (open.length === 0) this.#branches[on] = this.main;
    this.edit(on, edits);
    return this.branch(on);
  }

  /** One commit with all of these. */
  edit(on: number, edits: readonly Edit[]): void {
    this.#change(on, (files) => edits.reduce((before, edit) => this.#edit(before, edit), files), 0);
  }

  async do(operation: Operation): Promise<void> {
    switch (operation.do) {
      case "branch":
        this.#move(operation.on, this.#back(operation.commit));
        return;
      case "orphan":
        return this.#orphan(operation.on, operation.edit);
      case "edit":
        return this.#change(operation.on, (files) => this.#edit(files, operation.edit), operation.when);
      case "prose":
        return this.#change(operation.on, (files) => this.#prose(files, operation.text), operation.when);
      case "code":
        return this.#change(operation.on, (files) => changeCode(this.#worktree.objects, files, operation), 0);
      case "shape":
        return this.#change(operation.on, (files) => changeShape(this.#worktree.objects, files, operation), 0);
      case "state": {
        const { objects } = this.#worktree;
        const older = this.#commits.map(({ files }) => files);
        const before = this.branch(operation.on).files;
        this.#change(operation.on, (files) => changeState(objects, files, operation, older), 0);
        if (operation.back) this.#change(operation.on, () => before, 0);
        return;
      }
      case "merge":
        return this.merge(operation.into, this.#back(operation.commit), operation.how, operation.when);
      case "land":
        return this.merge(0, this.branch(operation.from), operation.how, operation.when);
      case "update":
        return this.merge(operation.on, this.main, operation.how, operation.when);
      case "cross": {
        const [ours, theirs] = [this.branch(operation.on), this.main];
        this.merge(0, ours, operation.main, operation.when);
        return this.merge(operation.on, theirs, operation.how, operation.when);
      }
      case "pick":
        return this.#pick(operation.on, this.#back(operation.commit), operation.backwards);
      case "rebase":
        return this.#rebase(operation.on);
      case "checkout": {
        const { files } = this.#back(operation.commit);
        return this.#change(operation.on, () => files, 0);
      }
      case "carryOut":
        this.day += operation.days;
        return this.carryOut();
    }
  }

  /** reconcile on main, and its commit. */
  async carryOut(): Promise<void> {
    if (this.settledOn === this.day) return;
    const { files } = this.main;
    const after = await this.carriedOut(FIRST_DAY + this.day * DAY);
    this.refused = after.refused;
    if (this.#worktree.objects.tree(after.files) !== this.#worktree.objects.tree(files))
      this.#commit(0, after.files, [this.main], 0);
    this.settledOn = this.day;
  }

  /** What reconcile makes of main at an instant. A tree that it had nothing against is asked about once. */
  async carriedOut(now: number): Promise<Outcome> {
    const { objects, carriedOut } = this.#worktree;
    const key = `${now} ${objects.tree(this.main.files)}`;
    const known = carriedOut.get(key);
    if (known !== undefined) return { files: known, refused: [], lose: 0 };
    const outcome = await this.#reconciled(now, null);
    if (outcome.refused.length === 0) carriedOut.set(key, outcome.files);
    return outcome;
  }

  /** What main asks for, though limits may refuse it: a branch is compared with that, not with what it waits for. */
  async asAsked(now: number): Promise<Outcome> {
    const outcome = await this.carriedOut(now);
    const waits = outcome.refused.length > 0 && outcome.refused.every((code) => LIMITS.includes(code));
    return waits ? this.#reconciled(now, outcome.lose) : outcome;
  }

  async #reconciled(now: number, allowLosses: number | null): Promise<Outcome> {
    const { root, flows } = this.#worktree;
    this.#worktree.checkout("main", this.main.id, this.main.files);
    const answer = await flows.reconcileAt(root, now, allowLosses);
    return { files: this.#worktree.scan(), refused: codesOf(answer), lose: answer.plan?.summary.lose ?? 0 };
  }

  merge(into: number, other: Commit, how: Merge, when: When): void {
    const here = this.branch(into);
    if (how === "forward") {
      if (isAncestor(here, other)) this.#move(into, other);
      return;
    }
    if (isAncestor(other, here)) return;
    const third = this.#back(this.#count);
    const parents =
      how === "squash" ? [here] : how === "octopus" && third !== other ? [here, other, third] : [here, other];
    this.#commit(into, merged(this.#worktree, { here, other, third }, how), parents, when);
  }

  #edit(files: Files, edit: Edit): Files {
    const { objects } = this.#worktree;
    const text = textAt(objects, files, "clients.yaml");
    if (text === null) return files;
    const draft = edited({ text, requests: new Map() }, edit);
    let after = write(objects, files, "clients.yaml", draft.text);
    for (const name of draft.requests.keys()) {
      const pem = this.#requests[(name.length + edit.value) % this.#requests.length] ?? "";
      after = write(objects, after, `pki/reqs/${name}.req`, pem);
    }
    return after;
  }

  #prose(files: Files, text: number): Files {
    const path = text % 2 === 0 ? "docs/notes.md" : "README.md";
    // Markdown is prose as an ordinary file alone.
    const mode = text < 12 ? "100644" : text < 14 ? "100755" : "120000";
    return write(this.#worktree.objects, files, path, `Note ${text}\n`, mode);
  }

  #orphan(on: number, edit: Edit): void {
    const files = this.#edit(this.main.files, edit);
    this.#commit(on, files, [], 0);
  }

  #change(on: number, change: (files: Files) => Files, when: When): void {
    const here = this.branch(on);
    const files = change(here.files);
    if (this.#worktree.objects.tree(files) !== this.#worktree.objects.tree(here.files))
      this.#commit(on, files, [here], when);
  }

  /** Cherry-pick or revert: a merge whose base is the one commit, or its parent. */
  #pick(on: number, commit: Commit, backwards: boolean): void {
    const here = this.branch(on);
    const files = picked(this.#worktree, here.files, commit, backwards);
    if (files !== null) this.#commit(on, files, [here], 0);
  }

  #rebase(on: number): void {
    const steps: Commit[] = [];
    for (let at: Commit | undefined = this.branch(on); at && !isAncestor(at, this.main); at = at.parents[0])
      steps.unshift(at);
    let tip = this.main;
    for (const step of steps) {
      if (step.parents.length !== 1) continue;
      const files = picked(this.#worktree, tip.files, step, false);
      if (files === null) return;
      tip = this.#write(files, [tip], 0);
    }
    this.#move(on, tip);
  }

  #commit(on: number, files: ReadonlyMap<string, Entry>, parents: readonly Commit[], when: When): void {
    this.#move(on, this.#write(files, parents, when));
  }

  #write(files: Files, parents: readonly Commit[], when: When): Commit {
    const { objects } = this.#worktree;
    this.#count += 1;
    const date = when === 0 ? FIRST_DAY + this.day * DAY + this.#count : DATES[when] + this.#count;
    const ids = parents.map(({ id }) => id);
    const commit = { id: objects.commit(objects.tree(files), ids, date, `Change ${this.#count}`), files, parents };
    this.#commits.push(commit);
    return commit;
  }

  #move(on: number, to: Commit): void {
    this.#branches[on] = to;
    if (on === 0) this.settledOn = null;
  }

  #back(steps: number): Commit {
    return this.#commits.at(-1 - (steps % this.#commits.length)) ?? this.main;
  }
}
