import { existsSync } from "node:fs";
import { renderRequestScript } from "../../clients/request.ts";
import * as paths from "../../model/layout.ts";
import { UserError } from "../../model/problem.ts";
import type { Instant } from "../../model/time.ts";
import { loadWorkingTree } from "../load.ts";
import { placeFor, writePrivate } from "./place.ts";

export interface RequestOptions {
  readonly root: string;
  readonly now: Instant;
  readonly name: string;
  readonly out: string;
  readonly say: (text: string) => void;
}

/**
 * Writes the script that makes key and request on the client. It may come before the client's entry: clients.yaml with
 * `csr: true` is refused until the request is there. Throws UserError for a name that is none, or a managed key.
 */
export async function requestScript({ root, now, name, out, say }: RequestOptions): Promise<string> {
  if (!paths.GIVEN_NAME.test(name) || paths.RESERVED_NAMES.includes(name))
    throw new UserError(`"${name}" is no name for a client`, "lower-case letters, digits, dot, hyphen, underscore");
  const { registry, state } = await loadWorkingTree(root, now);
  const known = registry ?? state.carriedOut?.registry;
  const client = registry?.clients.get(name) ?? state.carriedOut?.registry.clients.get(name);
  if (client !== undefined && registry !== null && !client.csr) {
    throw new UserError(
      `the key of ${name} is made here`,
      `for a key of its own: csr: true in ${paths.REGISTRY_FILE}, with ${paths.path.request(name)}`,
    );
  }
  if (known?.servers.has(name) === true || known?.signers.has(name) === true)
    throw new UserError(`${name} is no client`);
  if (client === undefined && !existsSync(`${root}/${paths.path.request(name)}`))
    say(`${name} is not a client yet: its entry, with csr: true, goes into the same pull request as the request.`);
  const file = `${name}-request.sh`;
  const place = await placeFor(root, out, file);
  return writePrivate(place, file, renderRequestScript(name, client?.key ?? "ec-p256"));
}
