import { expect } from "vitest";
import { check } from "../../../scripts/flows/check.ts";
import { gatehouseVersion, type Loaded, loadWorkingTree } from "../../../scripts/flows/load.ts";
import { reconcile } from "../../../scripts/flows/reconcile.ts";
import type { Plan } from "../../../scripts/model/plan.ts";
import type { State } from "../../../scripts/model/state.ts";
import { formatInstant, type Instant, parseDuration, parseInstant } from "../../../scripts/model/time.ts";
import { makePlan, NO_POLICY } from "../../../scripts/plan/index.ts";
import { planJson } from "../../../scripts/views/plan/json.ts";
import { certificates, decisions, makeRequest, type PlanJson, planOf, readCrl } from "./judges.ts";
import { type Clients, type Command, clientsYaml, type Ran, Repository } from "./repository.ts";
import { verdicts } from "./verdicts.ts";

/** Entries of clients.yaml; null takes one out. */
type Edit = Readonly<Record<string, string | null>>;

interface Beginning {
  /** When the authority is made and the first certificates are issued. */
  readonly on: string;
  /** Clients that bring their own key; openssl makes it. */
  readonly requests?: readonly string[];
  /** clients.yaml from the clients, where the small one will not do. */
  readonly registry?: (clients: Clients) => string;
}

/**
 * A repository, its clients and its own clock. A story is told in dates: `on` and `after` move the clock, `edit`
 * changes clients.yaml, `reconcile` and `plan` do what the commands do with --now, and openssl says what came of it.
 */
export class Story implements Disposable {
  readonly repository: Repository;
  readonly #registry: (clients: Clients) => string;
  #clients: Clients;
  #now: Instant;
  /** What planHere has read; null after anything that may have changed it. */
  #loaded: Loaded | null = null;

  private constructor(repository: Repository, clients: Clients, now: Instant, registry: (clients: Clients) => string) {
    this.repository = repository;
    this.#clients = clients;
    this.#now = now;
    this.#registry = registry;
  }

  /** The authority made and the clients carried out. */
  static async begin(clients: Clients, { on, requests = [], registry = clientsYaml }: Beginning): Promise<Story> {
    const repository = Repository.fresh(registry(clients));
    const story = new Story(repository, clients, instantOf(on), registry);
    try {
      for (const name of requests) makeRequest(repository, name);
      const { code, stdout, stderr } = await repository.run("start", "--now", story.now);
      if (code !== 0) throw new Error(`start exits ${code}: ${stdout}${stderr}`);
      repository.settle("Make the authority");
      return story;
    } catch (error) {
      repository[Symbol.dispose]();
      throw error;
    }
  }

  /** The same up to here, to go on in another way. */
  copy(): Story {
    return new Story(this.repository.copy(), this.#clients, this.#now, this.#registry);
  }

  get now(): string {
    return formatInstant(this.#now);
  }

  get instant(): Instant {
    return this.#now;
  }

  /** The clock of the story at a date or instant. */
  on(date: string): this {
    this.#now = instantOf(date);
    return this;
  }

  /** The clock moves on by `30d`, `12h`, … */
  after(duration: string): this {
    const seconds = parseDuration(duration);
    if (seconds === null) throw new Error(`not a duration: ${duration}`);
    return this.later(seconds);
  }

  /** The clock moves on by so many seconds. */
  later(seconds: number): this {
    this.#now += seconds;
    return this;
  }

  edit(changes: Edit): this {
    const entries = Object.entries({ ...this.#clients, ...changes });
    this.#clients = Object.fromEntries(entries.flatMap(([name, one]) => (one === null ? [] : [[name, one] as const])));
    return this.write();
  }

  /** clients.yaml as the story has it. */
  yaml(): string {
    return this.#registry(this.#clients);
  }

  /** clients.yaml as somebody broke it, or as the story has it. */
  write(text: string = this.yaml()): this {
    this.repository.write("clients.yaml", text);
    this.#loaded = null;
    return this;
  }

  /** A new key and request for a client, made by openssl; `extra` as for `openssl req`. */
  request(name: string, ...extra: readonly string[]): this {
    makeRequest(this.repository, name, ...extra);
    this.#loaded = null;
    return this;
  }

  run(command: Command, ...argv: readonly string[]): Promise<Ran> {
    this.#loaded = null;
    return this.repository.run(command, "--now", this.now, ...argv);
  }

  /** `plan --json`. */
  async plan(code = 0): Promise<PlanJson> {
    const ran = await this.run("plan", "--json");
    if (ran.code !== code) throw new Error(`plan exits ${ran.code}: ${ran.stdout}${ran.stderr}`);
    return planOf(ran);
  }

  /** A run that must find nothing wrong: what it decided. The same path as the command, in this process. */
  async reconcile(): Promise<readonly string[]> {
    const { problems, planned } = await this.attempt();
    if (problems.length + planned.plan.refusals.length > 0)
      throw new Error(`reconcile refuses: ${JSON.stringify([problems, planned.plan.refusals])}`);
    return decisions(JSON.parse(planJson(planned.plan)));
  }

  /** The command, that must exit 1: its refusals, and what it decided all the same. */
  async refused(): Promise<Reconciled> {
    const ran = await this.run("reconcile", "--json");
    if (ran.code !== 1) throw new Error(`reconcile exits ${ran.code}: ${ran.stdout}${ran.stderr}`);
    const plan = planOf(ran);
    return { decided: decisions(plan), refusals: plan.refusals.map((one) => `${one.code} ${one.message}`), plan };
  }

  /** A run, whatever it refuses. True if it did anything. */
  async runHere(): Promise<boolean> {
    return (await this.attempt()).carriedOut !== null;
  }

  /** A run that is killed before its Nth file operation, if it has so many. */
  async killed(before: number): Promise<void> {
    this.#loaded = null;
    const ran = await this.repository.runWith({ GATEHOUSE_FAULT: String(before) }, "reconcile", "--now", this.now);
    if (ran.signal !== "SIGKILL" && ran.code !== 0 && ran.code !== 1) throw new Error(ran.stderr);
  }

  /** A run, and all that came of it. */
  attempt(): ReturnType<typeof reconcile> {
    this.#loaded = null;
    const common = { root: this.repository.root, now: this.#now, checkClock: false, allowLosses: null, digest: null };
    return reconcile({ ...common, show: () => {}, progress: silent });
  }

  /**
   * What runHere would plan, and of which state. Files are read once and then only after a run or an edit: for
   * stories of many quiet runs.
   */
  async planHere(): Promise<{ readonly plan: Plan; readonly state: State }> {
    this.#loaded ??= await loadWorkingTree(this.repository.root, this.#now);
    const { registry, problems, state } = this.#loaded;
    const policy = { ...NO_POLICY, checkClock: false };
    const { plan } = makePlan({ registry, problems, state, now: this.#now, version: gatehouseVersion(), policy });
    return { plan, state };
  }

  /** A client's certificates under its present name, oldest first. */
  serials(name: string): string[] {
    const own = certificates(this.repository).filter(({ identity }) => identity === name);
    return this.#inOrder(own.map(({ serial }) => serial));
  }

  /** The newest of them. */
  newest(name: string): string {
    const serial = this.serials(name).at(-1);
    if (serial === undefined) throw new Error(`${name} has no certificate`);
    return serial;
  }

  /** In order of issue. */
  #inOrder(serials: readonly string[]): string[] {
    const text = (serial: string) => this.repository.read(`pki/certs_by_serial/${serial}.pem`);
    const issued = (serial: string) => /^issued: (.+)$/m.exec(text(serial))?.[1] ?? "";
    return serials.toSorted((a, b) => (issued(a) < issued(b) ? -1 : 1));
  }

  /** openssl's verdict on a certificate as of the story's clock, or another: `OK` or its errors. */
  verdict(serial: string, at: string = this.now): string {
    return this.judge([serial], at)[0] ?? "";
  }

  /** The same of every certificate of a client, oldest first. */
  verdicts(name: string): string[] {
    return this.judge(this.serials(name));
  }

  /** The same of many, asked at once. */
  judge(serials: readonly string[], at: string = this.now): string[] {
    return verdicts(this.repository, serials, instantOf(at));
  }

  /** Serial → reason on the CRL, as openssl reads it. @throws Error where it finds a bad signature */
  crl(): Record<string, string> {
    const { entries, verified } = readCrl(this.repository);
    if (!verified) throw new Error("openssl does not verify the CRL");
    return Object.fromEntries(entries);
  }

  /** The serials that the servers' configuration admits as this client, in order of issue. */
  admitted(name: string): string[] {
    const found = [...this.repository.read("pki/nginx/clients.map").matchAll(/^\s*s:([0-9A-F]+) "([^"]+)";$/gm)];
    return this.#inOrder(found.flatMap(([, serial = "", client]) => (client === name ? [serial] : [])));
  }

  /** Every invariant that `check` knows holds, and no change is left; `but` for what a story means to leave. */
  async insistOnSoundness(...but: readonly string[]): Promise<void> {
    const asked = { root: this.repository.root, now: this.#now, checkClock: false, progress: silent };
    const { findings } = await check(asked);
    expect(findings.filter(({ level, code }) => level === "block" && !but.includes(code))).toEqual([]);
    expect((await loadWorkingTree(this.repository.root, this.#now)).state.doubts).toEqual([]);
  }

  [Symbol.dispose](): void {
    this.repository[Symbol.dispose]();
  }
}

interface Reconciled {
  readonly decided: readonly string[];
  readonly refusals: readonly string[];
  readonly plan: PlanJson;
}

const silent = () => ({ tick: () => {}, done: () => {} });

function instantOf(date: string): Instant {
  const instant = parseInstant(date);
  if (instant === null) throw new Error(`not a date: ${date}`);
  return instant;
}
