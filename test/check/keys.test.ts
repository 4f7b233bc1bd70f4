import { randomBytes } from "node:crypto";
import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { write } from "./prepared.ts";
import { at, key, pem, remove, testTamperings, usePrepared } from "./tampering.ts";

usePrepared();

testTamperings({
  "a managed key that is gone": {
    tamper: (root) => remove(root, key("alice")),
    code: "KeyMissing",
    path: () => key("alice"),
  },
  "a managed key that is another's": {
    tamper: (root) => copyFileSync(join(root, key("bob")), join(root, key("alice"))),
    code: "KeyMismatch",
    path: () => key("alice"),
  },
  "a managed key that is none": {
    tamper: (root) => write(root, key("alice"), "x"),
    code: "KeyUnreadable",
    path: () => key("alice"),
  },
  "a managed key sealed with another git-crypt key": {
    tamper: (root) => write(root, key("alice"), Buffer.concat([Buffer.from("\0GITCRYPT\0"), randomBytes(200)])),
    code: "KeyUnreadable",
    path: () => key("alice"),
  },
  "a key for a certificate that came by request": {
    tamper: (root) => {
      write(root, key("dave"), pem());
      chmodSync(join(root, key("dave")), 0o600);
    },
    code: "KeyUnexpected",
    path: () => key("dave"),
  },
  "an authority's key that is another": {
    tamper: (root) => write(root, "pki/private/ca.key", pem()),
    code: "KeyMismatch",
    path: at("pki/private/ca.key"),
  },
  "no authority's key": {
    tamper: (root) => remove(root, "pki/private/ca.key"),
    code: "KeyMissing",
    path: at("pki/private/ca.key"),
  },
});
