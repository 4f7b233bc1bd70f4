import { X509Certificate } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SHELLS, sh, tree, unpacked } from "./support/bundles.ts";
import { APT_USER, copyOf, ETC, installing, machine, shimFor } from "./support/installing.ts";
import { clientsYaml, NOON, Repository } from "./support/repository.ts";

/** How it ends, and a part of what it says. */
const says = (code: number, words: string) => ({ code, said: expect.stringContaining(words) });

let repository: Repository;
let older: string;
let newer: string;
let bob: string;

/** A bundle of another age for the same client: a certificate is renewed in the thirty days before its end. */
const LATER = "2027-11-10T12:00:00Z";

beforeAll(async () => {
  repository = await Repository.ready(clientsYaml({ alice: "{ groups: [staff] }", bob: "{ groups: [guests] }" }));
  older = await unpacked(repository, "alice", "--for", "curl", "--now", NOON);
  bob = await unpacked(repository, "bob", "--now", NOON);
  expect(await repository.run("reconcile", "--now", LATER)).toMatchObject({ code: 0 });
  newer = await unpacked(repository, "alice", "--for", "curl", "--now", LATER);
  // Only root can give a file to apt's user.
  for (const bundle of [older, newer]) {
    appendFileSync(join(bundle, "files"), "linux 0400 _apt credential:key /etc/apt/gatehouse/key.pem\n");
    appendFileSync(join(bundle, "files"), "linux 0644 root credential:combined @ETC@/combined.pem\n");
  }
});
afterAll(() => repository?.[Symbol.dispose]());

describe.each(Object.entries(SHELLS))("install.sh under %s", (_name, shell) => {
  let root: string;
  let count = 0;
  beforeEach(() => {
    count += 1;
    root = machine(repository.beside(`root-${shell[0]}-${count}`));
  });

  const { install, installWith, read, edit, renewed } = installing(shell, () => root);

  test("--dry-run says what it would do, and changes nothing", () => {
    const before = tree(root);
    expect(install(older, "--dry-run")).toMatchObject(says(0, `+ /${ETC}/key.pem\n`));
    expect(tree(root)).toEqual(before);
  });

  test("writes each file with its owner and mode, and again nothing the second time", () => {
    expect(install(older)).toMatchObject({ code: 0 });
    const modes = ([path, { mode, uid }]: [string, { mode: string; uid: number }]) => [path, `${mode} ${uid}`];
    const found = Object.fromEntries([...tree(root)].map(modes));
    expect(found).toMatchObject({
      [ETC]: "755 0",
      [`${ETC}/key.pem`]: "600 0",
      [`${ETC}/fullchain.pem`]: "644 0",
      [`${ETC}/server-ca.pem`]: "644 0",
      [`${ETC}/renew.sh`]: "755 0",
      [`${ETC}/curl/pkg.example.com.conf`]: "644 0",
      "etc/cron.d/gatehouse-client": "644 0",
      "etc/apt/gatehouse/key.pem": `400 ${APT_USER}`,
    });
    expect(read(`${ETC}/combined.pem`)).toBe(read(`${ETC}/key.pem`) + read(`${ETC}/fullchain.pem`));
    expect(read(`${ETC}/curl/pkg.example.com.conf`)).toContain(`key = "/${ETC}/key.pem"`);
    expect(read("etc/cron.d/gatehouse-client")).not.toContain("@ETC@");
    const before = tree(root);
    expect(install(older)).toEqual({ code: 0, said: "" });
    expect(tree(root)).toEqual(before);
  });

  test("keeps a file that it did not write, or that was changed since, and puts the new one beside it", () => {
    edit("etc/cron.d/gatehouse-client", "theirs\n");
    expect(install(older)).toMatchObject(says(0, "! /etc/cron.d/gatehouse-client"));
    expect(read("etc/cron.d/gatehouse-client")).toBe("theirs\n");
    expect(read("etc/cron.d/gatehouse-client.new")).toContain("renew.sh");
    const conf = `${ETC}/curl/pkg.example.com.conf`;
    edit(conf, "changed\n");
    install(older);
    install(older);
    expect(read(conf)).toBe("changed\n");
    expect(read(`${conf}.new`)).toContain("cert =");
    expect(install(older, "--uninstall")).toMatchObject(says(0, `! /${conf} was changed`));
    expect(read(conf)).toBe("changed\n");
    expect(read("etc/cron.d/gatehouse-client")).toBe("theirs\n");
  });

  test("--uninstall leaves nothing, whatever renew.sh has changed", () => {
    const before = tree(root);
    install(older);
    edit(`${ETC}/key.pem`, readFileSync(join(newer, "key.pem"), "utf8"));
    edit(`${ETC}/fullchain.pem`, readFileSync(join(newer, "fullchain.pem"), "utf8"));
    expect(sh(shell, join(root, ETC, "install.sh"), "--uninstall", "--root", root)).toMatchObject({ code: 0 });
    expect(tree(root)).toEqual(before);
    expect(install(older, "--uninstall")).toMatchObject({ code: 1 });
  });

  test("replaces what an older bundle left, and takes away what this one has no more", () => {
    const before = copyOf(repository, older, "linux 0644 root data:README /etc/gone/README");
    install(before);
    expect(existsSync(join(root, "etc/gone/README"))).toBe(true);
    const { said } = install(newer);
    expect(said).toContain(`~ /${ETC}/key.pem\n`);
    expect(said).toContain("- /etc/gone/README\n");
    expect(read(`${ETC}/key.pem`)).toBe(readFileSync(join(newer, "key.pem"), "utf8"));
    expect(read(`${ETC}/bundle.conf`)).toBe(readFileSync(join(newer, "bundle.conf"), "utf8"));
    expect(read("etc/apt/gatehouse/key.pem")).toBe(read(`${ETC}/key.pem`));
  });

  test("keeps a certificate that is newer than the bundle's, with its key and its copies", () => {
    install(newer);
    const before = tree(root);
    expect(install(older)).toMatchObject(says(0, "is newer than the bundle's"));
    for (const path of ["key.pem", "fullchain.pem", "combined.pem", "bundle.conf"])
      expect(tree(root).get(`${ETC}/${path}`)).toEqual(before.get(`${ETC}/${path}`));
    expect(read("etc/apt/gatehouse/key.pem")).toBe(readFileSync(join(newer, "key.pem"), "utf8"));
  });

  test("knows the pair of files that renew.sh leaves, and takes it away in the end", () => {
    const empty = tree(root);
    install(older);
    renewed(newer);
    const before = tree(root);
    expect(install(older).said).toMatch(/^= .* is newer than the bundle's: kept/);
    const list = `${ETC}/installed`;
    const without = (files: ReturnType<typeof tree>) => [...files].filter(([path]) => path !== list);
    const linked = (path: string) => lstatSync(join(root, path)).isSymbolicLink();
    expect(["key.pem", "fullchain.pem"].map((name) => linked(`${ETC}/${name}`))).toEqual([true, true]);
    expect(without(tree(root)).map(([path]) => path)).toEqual(without(before).map(([path]) => path));
    expect(read(`${ETC}/key.pem`)).toBe(readFileSync(join(newer, "key.pem"), "utf8"));
    expect(install(older, "--uninstall")).toMatchObject({ code: 0 });
    expect(tree(root)).toEqual(empty);
  });

  test("puts a bundle's own pair in the place of what renew.sh left", () => {
    install(older);
    renewed(older);
    expect(install(newer)).toMatchObject({ code: 0 });
    expect(lstatSync(join(root, ETC, "key.pem")).isFile()).toBe(true);
    expect(read(`${ETC}/key.pem`)).toBe(readFileSync(join(newer, "key.pem"), "utf8"));
    expect(existsSync(join(root, ETC, "pair"))).toBe(false);
    expect(install(newer)).toEqual({ code: 0, said: "" });
  });

  // What does not hang on the shell.
  if (shell[0] === "dash") {
    test("puts modes right that somebody has changed", () => {
      install(older);
      expect(sh(["chmod"], "0644", join(root, ETC, "key.pem"))).toMatchObject({ code: 0 });
      install(older);
      expect(lstatSync(join(root, ETC, "key.pem")).mode & 0o777).toBe(0o600);
    });

    test("gives apt's files to root where apt's user is not", () => {
      writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
      expect(install(older).said).toContain("there is no user _apt here");
      expect(lstatSync(join(root, "etc/apt/gatehouse/key.pem"))).toMatchObject({ uid: 0, mode: 0o100400 });
    });

    test("refuses where somebody else's key is", () => {
      edit(`${ETC}/key.pem`, "theirs\n");
      expect(install(older)).toMatchObject(says(1, "was not written by this program"));
      expect(readdirSync(join(root, ETC))).toEqual(["key.pem"]);
    });

    test("refuses another client's bundle on a machine that is somebody already", () => {
      install(older);
      expect(install(bob)).toMatchObject(says(1, "this machine is the client alice already"));
    });

    test.each([
      ["a word too many", "linux 0644 root data:README /etc/x y"],
      ["a target that climbs", "linux 0644 root data:README /etc/../x"],
      ["a target with a blank in disguise", "linux 0644 root data:README /etc/$x"],
      ["a source outside", "linux 0644 root data:../../secret /etc/x"],
      ["another owner", "linux 0644 nobody data:README /etc/x"],
      ["a mode with set-user-id", "linux 4755 root data:README /etc/x"],
    ])("refuses a list with %s before it writes anything", (_what, line) => {
      const damaged = copyOf(repository, older, line);
      const before = tree(root);
      expect(install(damaged)).toMatchObject(says(1, "files is damaged"));
      expect(tree(root)).toEqual(before);
    });

    test("does not follow a link out of --root", () => {
      const outside = repository.beside(`outside-${shell[0]}-${count}`);
      mkdirSync(outside);
      symlinkSync(outside, join(root, "etc/cron.d"));
      expect(install(older)).toMatchObject(says(1, "leads out of"));
      expect(readdirSync(outside)).toEqual([]);
    });

    test("killed at any moment, ends as if it had not been", () => {
      install(newer);
      const whole = tree(root);
      for (const moves of [1, 4, 8]) {
        const shims = shimFor(
          repository,
          "mv",
          `echo x >>"$COUNT"; [ "$(wc -l <"$COUNT")" -lt ${moves} ] || kill -9 $PPID`,
        );
        install(newer, "--uninstall");
        expect(installWith(shims, newer).code).toBeNull();
        expect(tree(root)).not.toEqual(whole);
        expect(install(newer)).toMatchObject({ code: 0 });
        expect(tree(root)).toEqual(whole);
      }
    });

    test("writes nothing that more people can read before than after", () => {
      const shims = shimFor(repository, "chmod", `stat -c '%a %n' "$2" >>"$COUNT"`);
      installWith(shims, older);
      const lines = readFileSync(join(shims, "count"), "utf8").trimEnd().split("\n");
      expect(lines.length).toBeGreaterThan(9);
      for (const line of lines) expect(line).toMatch(/^600 .*\.gatehouse\.draft$/);
    });

    test("enables its timer once where there is systemd, and disables it at the end", () => {
      const shims = shimFor(repository, "systemctl", `echo "$@" >>"$COUNT"; exit 0`);
      mkdirSync(join(root, "run/systemd/system"), { recursive: true });
      for (const argv of [[], [], ["--uninstall"]]) installWith(shims, older, ...argv);
      expect(readFileSync(join(shims, "count"), "utf8").replaceAll(root, "")).toBe(
        "--root= enable gatehouse-client.timer\n--root= disable gatehouse-client.timer\n",
      );
    });

    test.each([
      ["freebsd", "usr/local/etc/gatehouse-client", "usr/local/etc/cron.d/gatehouse-client"],
      ["macos", "usr/local/etc/gatehouse-client", "Library/LaunchDaemons/gatehouse-client.plist"],
      ["netbsd", "usr/pkg/etc/gatehouse-client", null],
    ])("knows the places of %s", (system, etc, timer) => {
      expect(install(older, "--system", system)).toMatchObject({ code: 0 });
      expect(new X509Certificate(read(`${etc}/fullchain.pem`)).subject).toContain("CN=alice");
      expect(read(`${etc}/curl/pkg.example.com.conf`)).toContain(`"/${etc}/key.pem"`);
      if (timer !== null) expect(read(timer)).toContain(`/${etc}/renew.sh`);
      expect(existsSync(join(root, "etc/cron.d"))).toBe(false);
    });
  }
});
