import { copyFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { now as clock } from "../../scripts/system/clock.ts";
import { run } from "../system/scratch.ts";
import { edit, putCertificate, strangersCertificate, write } from "./prepared.ts";
import { at, certificate, forge, prepared, remove, revocation, testTamperings, usePrepared } from "./tampering.ts";

usePrepared();

const HOUR = 3600;
const DAY = 24 * HOUR;
const serial = "4A000000000000000000000000000001";

testTamperings({
  "a registry with a field that nobody knows": {
    tamper: (root) => edit(root, "clients.yaml", (text) => `${text}color: red\n`),
    code: "InvalidRegistry",
    path: at("clients.yaml"),
    fix: "none",
  },
  "a certificate cut short": {
    tamper: (root) => edit(root, certificate("alice"), (text) => text.slice(0, -60)),
    code: "StateDoubtful",
    path: () => certificate("alice"),
  },
  "a certificate under another serial number": {
    tamper: (root) => copyFileSync(join(root, certificate("alice")), join(root, certificate("bob"))),
    code: "StateDoubtful",
    path: () => certificate("bob"),
  },
  "a symlink in place of a certificate": {
    tamper: (root) => {
      remove(root, certificate("alice"));
      symlinkSync("/etc/passwd", join(root, certificate("alice")));
    },
    code: "StateDoubtful",
    path: () => certificate("alice"),
  },
  "a file that does not belong among the certificates": {
    tamper: (root) => write(root, "pki/certs_by_serial/notes.txt", "x"),
    code: "StateDoubtful",
    path: at("pki/certs_by_serial/notes.txt"),
  },
  "a certificate whose signature is wrong by one bit": {
    tamper: (root) => edit(root, certificate("alice"), forge),
    code: "Signature",
    path: () => certificate("alice"),
  },
  "a stranger's certificate of the same name and serial number": {
    tamper: (root) => strangersCertificate(root, "alice"),
    code: "Issuer",
    path: () => certificate("alice"),
  },
  "a certificate under a name that a rename explains, and yet rewritten": {
    tamper: (root) => {
      edit(root, certificate("alice"), (text) => text.replace("identity: alice", "identity: alicia"));
      edit(root, "clients.yaml", (text) => text.replace("alice: {", "alicia: { previously: alice,"));
    },
    code: "Rewritten",
    path: () => certificate("alice"),
    fix: "unrun",
  },
  "a certificate with the authority's serial number": {
    tamper: (root) => {
      const own = prepared().state.authority?.serial ?? "";
      putCertificate(root, { serial: own, notBefore: clock() - HOUR, notAfter: clock() + DAY });
    },
    code: "SerialTwice",
    path: () => `pki/certs_by_serial/${prepared().state.authority?.serial}.pem`,
    fix: "none",
  },
  "a certificate that is valid before the authority": {
    tamper: (root) => putCertificate(root, { serial, notBefore: clock() - DAY, notAfter: clock() + DAY }),
    code: "Validity",
    path: at(`pki/certs_by_serial/${serial}.pem`),
    fix: "none",
  },
  "a client's certificate that says it is a server's": {
    tamper: (root) => edit(root, certificate("alice"), (text) => text.replace("kind: client", "kind: server")),
    code: "Profile",
    path: () => certificate("alice"),
  },
  "a certificate that says it is somebody else's": {
    tamper: (root) => edit(root, certificate("bob"), (text) => text.replace("identity: bob", "identity: alice")),
    code: "Lines",
    path: () => certificate("bob"),
  },
  "a certificate that says it was issued before it was valid": {
    tamper: (root) => edit(root, certificate("bob"), (text) => text.replace(/issued: \d+/, "issued: 1999")),
    code: "Lines",
    path: () => certificate("bob"),
  },
  "a certificate that says another reason than it was issued for": {
    tamper: (root) => edit(root, certificate("bob"), (text) => text.replace("reason: Missing", "reason: KeyChanged")),
    code: "Rewritten",
    path: () => certificate("bob"),
  },
  "a certificate that is gone": {
    tamper: (root) => remove(root, certificate("bob")),
    code: "CertificateLost",
    path: () => certificate("bob"),
  },
  "a revocation that is gone": {
    tamper: (root) => remove(root, revocation()),
    code: "RevocationLost",
    path: revocation,
  },
  "a revocation and every trace of it gone, in a commit": {
    tamper: (root) => {
      remove(root, revocation());
      write(root, "pki/crl.pem", prepared().firstCrl);
      remove(root, "pki/index.txt");
      run(root, "git", "commit", "--quiet", "--no-verify", "-am", "nothing to see");
    },
    code: "RevocationLost",
    path: revocation,
    fix: "unrun",
  },
  "a revocation that never came through a merge": {
    tamper: (root) => {
      run(root, "git", "checkout", "--quiet", "-b", "theirs");
      write(
        root,
        `pki/revoked/${prepared().serial("alice")}.yaml`,
        "at: 2026-01-01T00:00:00Z\nreason: keyCompromise\ncause: Declared\n",
      );
      run(root, "git", "add", "pki/revoked");
      run(root, "git", "commit", "--quiet", "-m", "theirs");
      run(root, "git", "checkout", "--quiet", "main");
      run(root, "git", "merge", "--quiet", "--strategy=ours", "-m", "ours", "theirs");
    },
    code: "RevocationLost",
    path: () => `pki/revoked/${prepared().serial("alice")}.yaml`,
    fix: "unrun",
  },
  "a revocation with another reason": {
    tamper: (root) => edit(root, revocation(), (text) => text.replace(/reason: \w+/, "reason: unspecified")),
    code: "Rewritten",
    path: revocation,
  },
  "a hold of a certificate that never was": {
    tamper: (root) => write(root, `pki/held/${serial}.yaml`, "at: 2026-01-01T00:00:00Z\nreason: certificateHold\n"),
    code: "StateDoubtful",
    path: at(`pki/certs_by_serial/${serial}.pem`),
  },
  "another authority": {
    tamper: (root) => {
      const subject = ["-subj", "/CN=Check CA/O=Example Ltd", "-days", "90", "-keyout", join(root, "../x.key")];
      run(
        root,
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
        "-nodes",
        ...subject,
        "-out",
        "pki/ca.crt",
      );
    },
    code: "Rewritten",
    path: at("pki/ca.crt"),
  },
  "no authority any more": {
    tamper: (root) => remove(root, "pki/ca.crt"),
    code: "NoAuthority",
    path: at("pki/ca.crt"),
  },
});
