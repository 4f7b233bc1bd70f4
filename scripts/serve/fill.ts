import { join } from "node:path";
import { CA_CERTIFICATE, CRL_FILE, path } from "../model/layout.ts";
import type { Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import type { Directory } from "./directory.ts";
import type { Material } from "./material.ts";
import { sampleFiles, sampleRoot } from "./samples.ts";
import { makeThrowaway } from "./throwaway.ts";

/** Below the directory: what curl is to trust where the server's certificate is a throwaway. */
const THROWAWAY_CA = "pki/throwaway-ca.crt";

export interface Contents {
  /** Absolute path of the repository acted on. */
  readonly root: string;
  readonly registry: Registry;
  readonly server: string;
  readonly sampled: ReadonlySet<string>;
  readonly material: Material;
  /** pki/nginx, by path. */
  readonly configuration: ReadonlyMap<string, string>;
  readonly now: Instant;
}

/** Lays out a mirror of pki/ and the sample content. Returns what curl is to trust, null for what it trusts anyway. */
export function fill(directory: Directory, contents: Contents): string | null {
  const { root, registry, sampled, configuration } = contents;
  for (const [file, text] of configuration) directory.write(file, text);
  for (const file of [CA_CERTIFICATE, CRL_FILE]) directory.link(file, join(root, file));
  for (const name of sampled) {
    const repository = registry.repositories.get(name);
    if (repository === undefined) continue;
    for (const sample of sampleFiles(name, repository)) {
      directory.write(`run/${sampleRoot(name)}/${sample.path}`, sample.text, true);
    }
  }
  return fillCertificate(directory, contents);
}

function fillCertificate(directory: Directory, { root, registry, server, material, now }: Contents): string | null {
  const [certificate, key] = [path.issued(server), path.key(server)];
  if (material.kind === "host") return material.ca;
  if (material.kind === "throwaway") {
    const made = makeThrowaway(registry.servers.get(server)?.names ?? [], now);
    directory.write(certificate, made.certificate);
    directory.write(key, made.key);
    directory.write(THROWAWAY_CA, made.ca);
    return join(directory.path, THROWAWAY_CA);
  }
  directory.link(certificate, join(root, certificate));
  if (material.kind === "tree") directory.link(key, join(root, key));
  else directory.write(key, material.key);
  return CA_CERTIFICATE;
}
