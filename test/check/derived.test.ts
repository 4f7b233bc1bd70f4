import { certificateOf, edit, write } from "./prepared.ts";
import { at, pem, prepared, remove, testTamperings, usePrepared } from "./tampering.ts";

usePrepared();

testTamperings({
  "somebody let in by hand": {
    tamper: (root) => edit(root, "pki/nginx/clients.map", (text) => `${text}# x\n`),
    code: "Drifted",
    path: at("pki/nginx/clients.map"),
  },
  "a derived file that is gone": {
    tamper: (root) => remove(root, "pki/index.txt"),
    code: "Missing",
    path: at("pki/index.txt"),
  },
  "a record from before there were formats": {
    tamper: (root) => edit(root, "pki/registry.yaml", (text) => text.replace('"format":1,', "")),
    code: "Upgraded",
    level: "warn",
    path: at("pki/registry.yaml"),
  },
  "the record of what was carried out gone": {
    tamper: (root) => remove(root, "pki/registry.yaml"),
    code: "Missing",
    path: at("pki/registry.yaml"),
  },
  "a server that nobody asked for": {
    tamper: (root) => write(root, "pki/nginx/servers/evil.conf", "x"),
    code: "Stray",
    path: at("pki/nginx/servers/evil.conf"),
  },
  "an issued certificate for somebody suspended": {
    tamper: (root) => write(root, "pki/issued/carol.crt", certificateOf(prepared().state, "carol").pem),
    code: "Stray",
    path: at("pki/issued/carol.crt"),
  },
  "another key under somebody's name": {
    tamper: (root) => write(root, "pki/private/alice.key", pem()),
    code: "Drifted",
    path: at("pki/private/alice.key"),
  },
  "a change of clients.yaml that nobody carried out": {
    tamper: (root) =>
      edit(root, "clients.yaml", (text) =>
        text.replace("  bob:", "  erin: { groups: [customers], contact: a@example.com }\n  bob:"),
      ),
    code: "Pending",
    path: at("clients.yaml"),
    level: "warn",
  },
  "a request that is none": {
    tamper: (root) => write(root, "pki/reqs/dave.req", "x"),
    code: "BadRequest",
    path: at("pki/reqs/dave.req"),
  },
  "a change of clients.yaml that the plan refuses": {
    tamper: (root) =>
      edit(root, "clients.yaml", (text) => text.replace("common_name: Check CA", "common_name: Other CA")),
    code: "AuthorityChanged",
    path: at("clients.yaml"),
    fix: "unrun",
  },
});
