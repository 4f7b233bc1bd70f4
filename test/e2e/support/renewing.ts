import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Field, type Machine } from "./field.ts";
import type { Ran } from "./repository.ts";
import { clock } from "./site.ts";

const DAY = 86_400;
const CLIENTS = {
  alice: "{ groups: [staff] }",
  bella: "{ groups: [staff] }",
  rita: "{ groups: [staff], key: rsa-3072 }",
  quinn: "{ groups: [guests], csr: true }",
  edna: "{ groups: [guests], key: ed25519 }",
  held: "{ groups: [guests] }",
  lost: "{ groups: [guests] }",
  gone: "{ groups: [guests] }",
  young: "{ groups: [guests], lifetime: 720d }",
};

/** A machine for each of these clients, installed a year ago less twenty days; their successors are out today. */
export class Machines {
  readonly field: Field;
  readonly #machines = new Map<string, Machine>();
  #copies = 0;

  private constructor(field: Field) {
    this.field = field;
  }

  static async install(): Promise<Machines> {
    const field = await Field.begin(CLIENTS, clock() - 345 * DAY, ["quinn"]);
    const all = new Machines(field);
    for (const name of Object.keys(CLIENTS)) all.#machines.set(name, await field.install(name));
    field.story.later(344 * DAY + 23 * 3600);
    await field.story.reconcile();
    await field.serve();
    return all;
  }

  get(name: string): Machine {
    const found = this.#machines.get(name);
    if (found === undefined) throw new Error(name);
    return found;
  }

  /** A copy of the machine as it was installed. */
  fresh(name: string): Machine {
    this.#copies += 1;
    return this.get(name).copy(this.field.at(`copy-${this.#copies}`));
  }
}

/**
 * Puts programs into a directory that count their calls, in a machine's file `count`. What it gives runs renew.sh with
 * them: before the call of that number it is killed.
 */
export function stopping(shims: string): (client: Machine, fatal: number) => Promise<Ran> {
  mkdirSync(shims, { recursive: true });
  for (const name of ["chmod", "cp", "ln", "mkdir", "mv", "rm"]) {
    const real = ["/usr/bin", "/bin"].map((one) => join(one, name)).find((one) => existsSync(one)) ?? name;
    const text = `#!/bin/sh
read -r n <"$COUNT"
n=$((n + 1))
echo $n >"$COUNT"
[ $n -ne "$FATAL" ] || { kill -9 $PPID; exit 1; }
exec ${real} "$@"
`;
    writeFileSync(join(shims, name), text, { mode: 0o755 });
  }
  return (client: Machine, fatal: number) => {
    const count = join(client.root, "count");
    writeFileSync(count, "0\n");
    return client.renew([], { PATH: `${shims}:${process.env["PATH"]}`, COUNT: count, FATAL: String(fatal) });
  };
}

/** What a server on loopback says to curl, with its head. */
export function answer(client: Machine, port: number, path = "/.gatehouse/certificate", ...argv: readonly string[]) {
  const trust = ["-sSi", "--cacert", client.etc("server-ca.pem")];
  return spawnSync("curl", [...trust, ...argv, `https://localhost:${port}${path}`], { encoding: "utf8" }).stdout;
}
