import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tar } from "../../scripts/clients/tar.ts";
import type { ReleaseFile } from "../../scripts/model/release.ts";
import { Host, PROGRAMS, SHELLS, World } from "./support/activation.ts";
import type { Made } from "./support/release.ts";
import { environment } from "./support/repository.ts";

/** busybox's tar unpacks such a path inside; then it is a file that no manifest lists. */
const OUTSIDE = "is not in its manifest";

let world: World;
beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world?.[Symbol.dispose]());

describe.each(["dash", "busybox"] as const)("under %s", (shell) => {
  let host: Host;
  let first: Made;
  beforeAll(async () => {
    first = world.release(0);
    host = await Host.serving(world, `receive-${shell}`, first, {}, shell);
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  /** What sshd does with the command of a key that may do nothing else. */
  const receive = (word: string | null, input: Uint8Array = Buffer.of(), ...flags: readonly string[]) => {
    const [program, ...words] = SHELLS[shell];
    const argv = [...words, `${PROGRAMS}receive`, "-d", host.directory, ...flags];
    const small = shell === "busybox" ? { PATH: world.smallPath() } : {};
    const env = environment({ ...small, ...(word === null ? {} : { SSH_ORIGINAL_COMMAND: word }) });
    const { status, stdout, stderr } = spawnSync(program, argv, { input, env, encoding: "utf8" });
    return { code: status, last: stdout.trimEnd().split("\n").at(-1) ?? "", stderr };
  };

  const untouched = async () => {
    expect([await host.generation(), host.link("current")]).toEqual([first.id, first.id]);
    expect(host.remains()).toEqual([]);
  };

  test("takes a release as deploy sends it, and one that tar made", async () => {
    const second = world.release(1);
    const third = world.release(2);
    expect(receive("check", archive(second.path))).toMatchObject({
      code: 0,
      last: `active ${second.id} would be activated`,
    });
    await untouched();
    const other = execFileSync("tar", ["-C", third.path, "-cf", "-", "."], { maxBuffer: 1 << 26 });
    expect(receive("install", other)).toMatchObject({ code: 0, last: `active ${third.id}` });
    expect(receive("status").last).toMatch(`active ${third.id} commit ${third.commit} crl `);
    expect(receive("rollback").last).toMatch(`active ${first.id}+${third.id} `);
    expect(host.remains()).toEqual([]);
    first = world.release(3);
    expect(receive("install", archive(first.path))).toMatchObject({ code: 0, last: `active ${first.id}` });
  });

  test.each([
    ...[null, "", "sh", "install x", "install;id", "install\nid", "$(id)", "-d /tmp status", "scp -t /etc", "INSTALL"],
  ])("does nothing for the words %j", async (word) => {
    const only = "failed this key may only say install, check, rollback or status";
    expect(receive(word, archive(world.release(4).path))).toEqual({ code: 1, last: only, stderr: "" });
    await untouched();
  });

  test.each([
    ["a symbolic link", () => entry({ name: "nginx", type: "2", link: "/etc" }), "more than files and directories"],
    ["a hard link", () => entry({ name: "x", type: "1", link: "ca.crt" }), "link|more than files"],
    ["a device", () => entry({ name: "x", type: "3" }), "more than files and directories"],
    ["a pipe", () => entry({ name: "x", type: "6" }), "more than files and directories"],
    ["an absolute path", () => entry({ name: "/tmp/gatehouse-x" }), `no release has|leads outside|${OUTSIDE}`],
    ["a path upwards", () => entry({ name: "../../activate.conf" }), `leads outside|no release has|${OUTSIDE}`],
    ["a path upwards further in", () => entry({ name: "nginx/../../../x" }), `leads outside|no release has|${OUTSIDE}`],
    ["a name with a space", () => entry({ name: "a b" }), "a name that no release has"],
    ["a name with a line end", () => entry({ name: "a\n/etc/x" }), "no release has|more than files"],
  ])("refuses an archive with %s", async (_, evil, said) => {
    const good = archive(world.release(4).path);
    const { code, last } = receive("install", Buffer.concat([good.subarray(0, -1024), evil(), Buffer.alloc(1024)]));
    expect({ code, last }).toEqual({ code: 1, last: expect.stringMatching(new RegExp(`^failed .*(?:${said})`)) });
    await untouched();
    expect(statSync("/tmp/gatehouse-x", { throwIfNoEntry: false })).toBeUndefined();
  });

  test.each([
    ["nothing", () => Buffer.of(), "not the archive of a release"],
    ["text", () => Buffer.from("hello\n".repeat(1000)), "not the archive of a release"],
    ["a compressed archive", () => gzipSync(archive(world.release(4).path)), "not the archive of a release"],
    ["half an archive", () => archive(world.release(4).path).subarray(0, 6000), "damaged|refused|cannot be unpacked"],
    ["too much", () => Buffer.alloc(1_100_000), "larger than 1 MB"],
  ])("refuses %s", async (_, input, said) => {
    const { code, last } = receive("install", input(), "-l", "1");
    expect({ code, last }).toEqual({ code: 1, last: expect.stringMatching(new RegExp(`^failed .*(?:${said})`)) });
    await untouched();
  });
});

/** The release in a directory, in the bytes that deploy sends. */
function archive(directory: string): Buffer {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const files = names.flatMap((path): ReleaseFile[] => {
    const file = join(directory, path);
    if (!statSync(file).isFile()) return [];
    return [{ path, mode: path.startsWith("private/") ? 0o600 : 0o644, data: readFileSync(file) }];
  });
  return tar(files, 1_790_000_000);
}

/** One entry of an archive that `tar` above would never write. */
function entry({ name, type = "0", link = "" }: { name: string; type?: string; link?: string }): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  for (const [text, at] of [
    ["0000644", 100],
    ["0000000", 108],
    ["0000000", 116],
    ["00000000000", 124],
    ["00000000000", 136],
  ] as const) {
    block.write(text, at);
  }
  block.write(" ".repeat(8), 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
