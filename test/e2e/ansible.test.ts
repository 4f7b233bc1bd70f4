import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { chapters } from "./support/chapters.ts";
import { begin, CLIENTS, carryOut, PKG, registryAt, type Wanted } from "./support/deployed.ts";
import { Controller, Machine } from "./support/fleet.ts";
import { CHECKOUT, type Repository, runProgram } from "./support/repository.ts";

/** A server for each thing that becomes of one: the first is well, the second fails, the third is new and comes after. */
const NAMES = [PKG, "pkg2.example.com", "pkg3.example.com"] as const;
const [FIRST, SECOND, NEW] = NAMES;
const LATE = "www/late";
const ACTIVATE = join(CHECKOUT, "scripts/deploy/server/activate");
/** Of the last server, which is new. */
const OWNER =
  process.getuid?.() === 0 ? Number(execFileSync("id", ["-u", "nobody"], { encoding: "utf8" })) : process.getuid?.();
const UNTOUCHED = { changed: 0, failed: 0, unreachable: 0 };

let machines: Machine[];
let controller: Controller;
let repository: Repository;

/** Takes away all that a server has, and tells Ansible instead. Root also gives it to a user without rights. */
function makeNew({ place: { directory }, variables }: Machine): void {
  const prefix = `${directory}-nginx`;
  const marker = /^MARKER=(.*)$/m.exec(readFileSync(join(directory, "activate.conf"), "utf8"))?.[1];
  const START = `nginx -p '${prefix}' -c '${directory}/current/nginx/nginx.conf' # it's quoted`;
  Object.assign(variables, { gatehouse_settings: { PREFIX: prefix, MARKER: marker, WAIT: 5, START } });
  rmSync(directory, { recursive: true });
  if (OWNER === undefined || OWNER === process.getuid?.()) return;
  chownSync(prefix, OWNER, -1);
  const become = { ansible_become: true, ansible_become_method: "su", ansible_become_flags: "-s /bin/sh" };
  Object.assign(variables, { gatehouse_user: "nobody", ...become });
}

/** Three servers of one repository; only the second has the other one, too. */
function registry(beside: (name: string) => string, wanted: Wanted = {}): string {
  const [first, ...others] = machines;
  if (first === undefined) throw new Error("no machine");
  const more = others.map(({ name, way, place: { port } }) => {
    const repositories = name === SECOND ? "pkg, files" : "pkg";
    return `  ${name}: { listen: ["127.0.0.1:${port}"], redirect: [], repositories: [${repositories}], deploy: { ${way} } }\n`;
  });
  const own = { deploy: first.way, server: "    repositories: [pkg]\n", servers: more.join("") };
  return registryAt(beside, first.place, { ...own, ...wanted });
}

/** The change: carol comes, bob goes, and the second server's other repository is to come from a new directory. */
const change = () =>
  registry((name) => repository.beside(name), {
    clients: { alice: CLIENTS.alice, carol: "{ groups: [staff] }" },
    roots: ["www/pkg", LATE],
  });

/** What carol gets from each: 200 from where the new release serves, 403 from the old one. */
const carol = (count: number) =>
  Promise.all(
    machines.slice(0, count).map(({ place, name }) => place.status(repository, "carol", "/pkg/file.txt", name)),
  );
const confs = () =>
  machines.slice(0, -1).map(({ place }) => readFileSync(join(place.directory, "activate.conf"), "utf8"));
const current = () => machines.map(({ place }) => place.current);

/** The first release of all but the new one, by hand. */
async function activateAll(): Promise<void> {
  await controller.prepare(repository);
  const runs = machines.slice(0, -1).map(async ({ name, place }) => {
    const release = join(controller.releases, name);
    const { stdout, stderr } = await runProgram("sh", [ACTIVATE, "-d", place.directory, "install", release]);
    if (!stdout.startsWith("active ")) throw new Error(`${name}: ${stdout}${stderr}`);
  });
  await Promise.all(runs);
}

beforeAll(async () => {
  machines = await Promise.all(NAMES.map((name) => Machine.start(name)));
  controller = await Controller.start(machines);
  for (const machine of machines.slice(-1)) makeNew(machine);
  repository = await begin(registry);
  await activateAll();
  await carryOut(repository, change());
  await controller.prepare(repository);
});
afterAll(() => {
  for (const one of [controller, ...(machines ?? []), repository]) one?.[Symbol.dispose]();
});

const chapter = chapters(
  "a roll over three servers stops at the first that fails, and comes through once it is mended",
);

chapter("one that fails stops the roll: it serves what it served, and those after it are not touched", async () => {
  const old = current();
  const { code, said, counts, asked } = await controller.play();
  expect(counts, said).toMatchObject({ [FIRST]: { failed: 0, unreachable: 0 }, [SECOND]: { failed: 1 } });
  expect(Object.keys(counts)).toEqual([FIRST, SECOND]);
  expect(code).not.toBe(0);
  expect(said).toContain(
    `failed this release is refused: the directory ${repository.beside(LATE)} of repository files`,
  );
  expect(current()[0]).not.toBe(old[0]);
  expect(current().slice(1)).toEqual([old[1], null]);
  expect(await carol(2)).toEqual([200, 403]);
  expect(asked).toEqual(machines.slice(0, 1).map(({ name, place }) => `${name}:${place.port}`));
  expect(machines.map(({ incoming }) => incoming)).toEqual([[], [], []]);
});

chapter("check mode has a server check the release, be it new or not, and changes nothing", async () => {
  const before = current();
  mkdirSync(repository.beside(LATE), { mode: 0o755 });
  const { code, counts, said } = await controller.play("--check", "--limit", `${SECOND},${NEW}`);
  expect(counts, said).toMatchObject({ [SECOND]: { changed: 1, failed: 0 }, [NEW]: { changed: 1, failed: 0 } });
  expect(code).toBe(0);
  expect(current()).toEqual(before);
  expect(existsSync(machines.at(-1)?.place.directory ?? "/")).toBe(false);
});

chapter(
  "once it is mended, the same command brings all to the new release, and changes nothing where it is",
  async () => {
    const before = confs();
    const { code, said, counts, asked } = await controller.play();
    expect(confs()).toEqual(before);
    expect(code, said).toBe(0);
    // Nor does Ansible itself find anything wrong with the playbook.
    expect(said).not.toMatch(/ERROR/);
    expect(counts).toMatchObject({ [FIRST]: UNTOUCHED });
    expect(await carol(3)).toEqual([200, 200, 200]);
    const ids = NAMES.map((name) =>
      /^id (\S+)$/m.exec(readFileSync(join(controller.releases, name, "manifest"), "utf8")),
    );
    expect(current()).toEqual(ids.map((found) => found?.[1]));
    expect(asked).toHaveLength(NAMES.length);
  },
);

chapter("keys are for their owner only, and no archive of them is left", async () => {
  for (const { name, place, incoming } of machines) {
    const key = join(place.directory, "current/private", `${name}.key`);
    const { uid, mode } = statSync(key);
    expect([uid, mode & 0o777]).toEqual([name === NEW ? OWNER : process.getuid?.(), 0o600]);
    expect(incoming).toEqual([]);
  }
  expect(readdirSync(controller.releases).sort()).toEqual([...NAMES]);
});
