import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { replaceFile, replaceWith, writeNew } from "../../scripts/system/replace.ts";
import { scratch } from "./scratch.ts";

describe("what replaces a file", () => {
  it("leaves the old one, and no draft, where the new one cannot be made", () => {
    const file = join(scratch(), "run");
    replaceFile(file, "old");
    const failing = () =>
      replaceWith(file, (draft) => {
        writeFileSync(draft, "half");
        throw new Error("disk on fire");
      });
    expect(failing).toThrow("disk on fire");
    expect(readFileSync(file, "utf8")).toBe("old");
    expect(readdirSync(join(file, ".."))).toEqual(["run"]);
  });

  it("gives it its mode whatever the umask", () => {
    const file = join(scratch(), "hooks", "pre-receive");
    const umask = process.umask(0o077);
    try {
      replaceFile(file, "#!/bin/sh\n", 0o755);
    } finally {
      process.umask(umask);
    }
    expect((statSync(file).mode & 0o777).toString(8)).toBe("755");
  });

  it("takes away what killed runs left of it, which may hold keys, and nothing of a run that goes on", () => {
    const directory = scratch();
    const gone = spawnSync("true").pid;
    for (const pid of [gone, process.ppid])
      mkdirSync(join(directory, `.release.${pid}.tmp`, "private"), { recursive: true });
    writeFileSync(join(directory, `.other.${gone}.tmp`), "another's");
    replaceWith(join(directory, "release"), (draft) => mkdirSync(draft));
    const left = [`.other.${gone}.tmp`, `.release.${process.ppid}.tmp`, "release"];
    expect(readdirSync(directory).sort()).toEqual(left.sort());
  });

  it("may be a link, and a directory that a killed run left half made is not in the way", () => {
    const directory = scratch();
    const code = join(directory, "code");
    replaceWith(code, (draft) => symlinkSync("versions/1", draft));
    mkdirSync(join(directory, `.code.${process.pid}.tmp`, "half"), { recursive: true });
    replaceWith(code, (draft) => symlinkSync("versions/2", draft));
    expect(readlinkSync(code)).toBe("versions/2");
    expect(readdirSync(directory)).toEqual(["code"]);
  });

  it("is told with its path and what to do where it fails", () => {
    const file = join(scratch(), "taken");
    mkdirSync(join(file, "inside"), { recursive: true });
    expect(() => replaceFile(file, "")).toThrow(`cannot write ${file}: `);
  });

  it("is nothing where one must not be there yet", () => {
    const file = join(scratch(), "key");
    writeNew(file, "the only copy", 0o600);
    expect(() => writeNew(file, "another")).toThrow("EEXIST");
    expect(readFileSync(file, "utf8")).toBe("the only copy");
  });
});
