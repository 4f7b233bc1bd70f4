import { newPassphrase } from "./cli/ask.ts";
import { runCommand } from "./cli/run.ts";
import { bundleJson, bundleText } from "./clients/report.ts";
import { bundle } from "./flows/bundle/index.ts";
import { requestScript } from "./flows/bundle/request.ts";
import { UserError } from "./model/problem.ts";

const flags = {
  for: { type: "string", argument: "KIND", description: "only for this program; several with commas between" },
  out: { type: "string", argument: "DIR", description: "where to write (default: here); never where git would see it" },
  recipient: {
    type: "string",
    argument: "KEY",
    description: "encrypt with age: age1…, ssh-ed25519 …, ssh-rsa …, or a file",
  },
  request: { type: "boolean", description: "the script that makes key and request on a client with a key of its own" },
  passphraseFile: { type: "string", argument: "FILE", description: "p12: its first line is the passphrase" },
  compat: { type: "boolean", description: "p12: 3DES, for the macOS keychain and old Windows" },
  serverCa: { type: "string", argument: "FILE", description: "the CA of servers whose own is not on this machine" },
} as const;

await runCommand(
  {
    name: "bundle",
    summary: "what one client needs: key, certificate, configuration, and a program that installs them; or a signer",
    positionals: [{ argument: "NAME", required: true, description: "a client or signer" }],
    flags,
    secrets: "its key, where it is made here",
  },
  async ({ root, now, flags: given, positionals, json, out, say, interactive }) => {
    const [name = ""] = positionals;
    const { compat, recipient, serverCa, request, passphraseFile } = given;
    const directory = given.out ?? ".";
    if (request) {
      if (given.for !== null || recipient !== null || compat || passphraseFile !== null)
        throw new UserError("--request stands alone: its script holds nothing secret, and is for no program");
      const path = await requestScript({ root, now, name, out: directory, say });
      const written = [{ path, kinds: [], secrecy: "public" as const }];
      out(json ? bundleJson(name, written) : bundleText(name, written));
      return 0;
    }
    const passphrase = () => newPassphrase({ file: passphraseFile, variable: "GATEHOUSE_P12_PASSPHRASE", interactive });
    const kinds = given.for;
    const written = await bundle({ root, now, name, kinds, out: directory, recipient, serverCa, compat, passphrase });
    out(json ? bundleJson(name, written) : bundleText(name, written));
    return 0;
  },
);
