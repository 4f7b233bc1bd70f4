import { expect, it, test } from "vitest";
import { KEY_TYPES } from "../../scripts/model/registry.ts";
import { makeIssuingRequest } from "../../scripts/x509/issuing-request.ts";
import { readRequest } from "../../scripts/x509/request.ts";
import { keySigner } from "../../scripts/x509/signer.ts";
import { pair } from "./helpers/made.ts";
import { directory, must } from "./helpers/programs.ts";

const SUBJECT = { commonName: "Example Packages CA", organization: "Example Ltd", country: "DE" };

test.each(KEY_TYPES)(
  "a request for an authority with a key of type %s, as openssl, GnuTLS and we read it",
  async (keyType) => {
    const pem = await makeIssuingRequest(SUBJECT, keySigner(pair(keyType).privateKey));
    const cwd = directory({ "a.req": pem });
    const text = must("openssl", ["req", "-in", "a.req", "-verify", "-noout", "-text"], cwd).replace(/ +/g, " ");
    expect(text).toContain("verify OK");
    expect(text).toContain("Subject: CN = Example Packages CA, O = Example Ltd, C = DE");
    expect(text).toContain("X509v3 Basic Constraints: critical\n CA:TRUE, pathlen:0");
    expect(text).toContain("X509v3 Key Usage: critical\n Certificate Sign, CRL Sign");
    expect(must("certtool", ["--crq-info", "--infile", "a.req"], cwd)).toContain("Self signature: verified");
    expect(readRequest(Buffer.from(pem))).toMatchObject({
      ok: true,
      keyType,
      ignored: [
        "subject CN=Example Packages CA, O=Example Ltd, C=DE",
        "extension basicConstraints",
        "extension keyUsage",
      ],
    });
  },
);

it("is for nobody without a name", async () => {
  const signer = keySigner(pair("ed25519").privateKey);
  const asked = makeIssuingRequest({ ...SUBJECT, commonName: "" }, signer);
  await expect(asked).rejects.toThrow("the common name has 0 characters");
});
