import { expect, test } from "vitest";
import { meantPlace } from "../../scripts/model/misplaced.ts";

test.each([
  ["pki/reqs/dave.csr", "dave"],
  ["pki/reqs/Dave.req", "dave"],
  ["pki/reqs/DAVE.REQ", "dave"],
  ["pki/reqs/dave.req.txt", "dave"],
  ["pki/reqs/dave.pem", "dave"],
  ["pki/reqs/dave", "dave"],
  ["pki/reqs/dave.req~", "dave"],
  ["pki/reqs/dave (1).req", "dave"],
  ["pki/reqs/dave.req (2).txt", "dave"],
  ["pki/reqs/new/dave.req", "dave"],
  ["pki/requests/dave.csr", "dave"],
  ["pki/csr/dave.csr", "dave"],
  ["PKI/reqs/dave.req", "dave"],
  ["reqs/dave.req", "dave"],
  ["requests/dave.csr.pem", "dave"],
  ["pki/dave.req", "dave"],
  ["pki/reqs.req", "reqs"],
  ["dave.csr", "dave"],
  ["pki/reqs/pkg.example.com", "pkg.example.com"],
  ["pki/reqs/pkg.example.com.p10", "pkg.example.com"],
])("%s is meant for the request of %s", (path, name) => {
  expect(meantPlace(path)).toBe(`pki/reqs/${name}.req`);
});

test.each([
  "pki/reqs/dave.req",
  "pki/reqs/pkg.example.com.req",
  "pki/reqs/.gitkeep",
  "pki/reqs/README.md",
  "pki/reqs/readme",
  "pki/reqs/da ve.csr",
  "pki/reqs/.req",
  "pki/ca.crt",
  "pki/notes.txt",
  "pki/issued/dave.crt",
  "docs/reqs/dave.req",
  "requests/handler.py",
  "src/dave.csr",
  "package.json",
])("%s is meant for none", (path) => {
  expect(meantPlace(path)).toBe(null);
});
