import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "../system/scratch.ts";
import { edit, write } from "./prepared.ts";
import { at, pem, remove, testTamperings, usePrepared } from "./tampering.ts";

usePrepared();

testTamperings({
  ".gitattributes without git-crypt": {
    tamper: (root) => edit(root, ".gitattributes", (text) => text.replace("filter=git-crypt", "filter=git-crpyt")),
    code: "Attributes",
    path: at(".gitattributes"),
  },
  "line endings on keys": {
    tamper: (root) => edit(root, ".gitattributes", (text) => `${text}*.pem text eol=crlf\n`),
    code: "Attributes",
    path: at(".gitattributes"),
  },
  "another filter for one key, in a file that is not committed": {
    tamper: (root) => write(root, ".git/info/attributes", "alice.key filter=lfs\n"),
    code: "Attributes",
    path: at("pki/private/alice.key"),
    fix: "unrun",
  },
  "installed packages in git": {
    tamper: (root) => {
      write(root, "node_modules/.bin/sh", "x\n");
      run(root, "git", "add", "--force", "node_modules");
    },
    code: "ForeignCode",
    path: at("node_modules"),
  },
  "git-crypt's filter gone": {
    tamper: (root) => run(root, "git", "config", "--remove-section", "filter.git-crypt"),
    code: "Filter",
    path: at(".git/config"),
  },
  "git-crypt's own filter, as its unlock leaves it": {
    tamper: (root) => run(root, "git", "config", "--unset", "filter.git-crypt.process"),
    code: "Filter",
    path: at(".git/config"),
    level: "warn",
  },
  "git-crypt's filter allowed to fail": {
    tamper: (root) => run(root, "git", "config", "filter.git-crypt.required", "false"),
    code: "Filter",
    path: at(".git/config"),
  },
  "no hook": {
    tamper: (root) => run(root, "git", "config", "--unset", "core.hooksPath"),
    code: "Hooks",
    path: at(".husky"),
    level: "warn",
    fix: "unrun",
  },
  "a hook that cannot run": {
    tamper: (root) => chmodSync(join(root, "hooks/pre-commit"), 0o644),
    code: "Hooks",
    path: at(".husky"),
    level: "warn",
    fix: "unrun",
  },
  "husky's own hook, which runs what a branch brings": {
    tamper: (root) => {
      for (const file of [".husky/pre-commit", ".husky/_/pre-commit"]) write(root, file, "#!/bin/sh\n");
      chmodSync(join(root, ".husky/_/pre-commit"), 0o755);
      run(root, "git", "config", "core.hooksPath", join(root, ".husky/_"));
    },
    code: "Hooks",
    path: at(".husky"),
    level: "warn",
    fix: "unrun",
  },
  "a hook that does not call ours": {
    tamper: (root) => write(root, "hooks/pre-commit", "#!/bin/sh\nexit 0\n"),
    code: "Hooks",
    path: at(".husky"),
    level: "warn",
    fix: "unrun",
  },
  "a hook whose copy of ours is gone": {
    tamper: (root) => remove(root, ".git/gatehouse/code/.husky/pre-commit"),
    code: "Hooks",
    path: at(".husky"),
    level: "warn",
    fix: "unrun",
  },
  "a private key in the index": {
    tamper: (root) => {
      write(root, "leak.pem", pem());
      run(root, "git", "add", "leak.pem");
    },
    code: "PrivateKey",
    path: at("leak.pem"),
  },
  "a git-crypt key that nobody saved": {
    tamper: (root) => remove(root, ".git/gatehouse/key-exported"),
    code: "KeyNotExported",
    path: at(".git/git-crypt"),
    level: "warn",
  },
  "keys in ciphertext where git's filter is on": {
    tamper: (root) => {
      for (const name of readdirSync(join(root, "pki/private")).filter((one) => one.endsWith(".key"))) {
        const path = `pki/private/${name}`;
        write(root, path, execFileSync("git", ["cat-file", "blob", `HEAD:${path}`], { cwd: root }));
      }
      for (const name of readdirSync(join(root, "pki/private/by_serial"))) {
        const path = `pki/private/by_serial/${name}`;
        write(root, path, execFileSync("git", ["cat-file", "blob", `HEAD:${path}`], { cwd: root }));
      }
    },
    code: "HalfUnlocked",
    path: at("pki/private"),
    fix: "unrun",
  },
});
