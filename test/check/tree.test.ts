import { chmodSync, cpSync, renameSync } from "node:fs";
import { join } from "node:path";
import { run } from "../system/scratch.ts";
import { write } from "./prepared.ts";
import { at, key, testTamperings, usePrepared } from "./tampering.ts";

usePrepared();

testTamperings({
  "a key that others can read": {
    tamper: (root) => chmodSync(join(root, key("alice")), 0o644),
    code: "Mode",
    path: () => key("alice"),
  },
  "a directory of keys that others can enter": {
    tamper: (root) => chmodSync(join(root, "pki/private"), 0o755),
    code: "Mode",
    path: at("pki/private"),
  },
  "every key readable, as git checks them out": {
    tamper: (root) => run(root, "chmod", "-R", "a+r", "pki/private"),
    code: "Mode",
    path: at("pki/private"),
  },
  "a leftover of a killed run": {
    tamper: (root) => write(root, "pki/issued/.alice.crt.4711.tmp", "x"),
    code: "Leftover",
    path: at("pki/issued/.alice.crt.4711.tmp"),
    level: "warn",
  },
  "a file that nobody knows": {
    tamper: (root) => write(root, "pki/it's notes.txt", "x"),
    code: "Unexpected",
    path: at("pki/it's notes.txt"),
    level: "warn",
  },
  "a request of nobody": {
    tamper: (root) =>
      renameSync(join(root, "pki/reqs/dave.req"), join(root, "pki/reqs/ghost.req")) ??
      cpSync(join(root, "pki/reqs/ghost.req"), join(root, "pki/reqs/dave.req")),
    code: "Unexpected",
    path: at("pki/reqs/ghost.req"),
    level: "warn",
  },
});
