import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { environment, type Repository, type Variables } from "./repository.ts";

/** Where systems put SoftHSM's module. */
const MODULES = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib64/pkcs11/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];
export const MODULE = MODULES.find((file) => existsSync(file)) ?? "";

export type TokenKey = "ec-p256" | "ec-p384" | "rsa-3072";
const TYPES: Readonly<Record<TokenKey, string>> = {
  "ec-p256": "EC:prime256v1",
  "ec-p384": "EC:secp384r1",
  "rsa-3072": "rsa:3072",
};

/** A SoftHSM token beside a repository, gone with it. */
export class SoftToken {
  readonly variables: Variables;
  readonly label = "the ca's token";
  readonly pin: string;

  constructor(repository: Repository, pin: string) {
    this.pin = pin;
    const conf = repository.beside("softhsm2.conf");
    mkdirSync(repository.beside("tokens"));
    writeFileSync(conf, `directories.tokendir = ${repository.beside("tokens")}\nlog.level = ERROR\n`);
    this.variables = { SOFTHSM2_CONF: conf };
    this.#run("softhsm2-util", ["--init-token", "--free", "--label", this.label, "--pin", pin, "--so-pin", "so-pin"]);
  }

  /** Makes a key pair; `id` in hex. */
  key(type: TokenKey, label: string, id: string, more: readonly string[] = []): void {
    const how = ["--keypairgen", "--key-type", TYPES[type], "--label", label, "--id", id, "--usage-sign", ...more];
    this.#run("pkcs11-tool", ["--module", MODULE, "--token-label", this.label, "--login", "--pin", this.pin, ...how]);
  }

  /** The URI of a key; `query` begins with &. */
  uri(attributes: string, query = ""): string {
    return `pkcs11:token=${encodeURIComponent(this.label)};${attributes}?module-path=${MODULE}${query}`;
  }

  #run(program: string, args: readonly string[]): void {
    execFileSync(program, args, { env: environment(this.variables), stdio: "pipe" });
  }
}
