import { join } from "node:path";
import { CA_CERTIFICATE, CRL_FILE, path } from "../model/layout.ts";
import type { Registry, Repository } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";
import type { Directory } from "./directory.ts";
import { type Material, makeThrowaway } from "./material.ts";

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
export async function fill(directory: Directory, contents: Contents): Promise<string | null> {
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

async function fillCertificate(
  directory: Directory,
  { root, registry, server, material, now }: Contents,
): Promise<string | null> {
  const [certificate, key] = [path.issued(server), path.key(server)];
  if (material.kind === "host") return material.ca;
  if (material.kind === "throwaway") {
    const made = await makeThrowaway(registry.servers.get(server)?.names ?? [], now);
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

/** One file of the sample content; `path` is below the repository's root. */
export interface Sample {
  readonly path: string;
  readonly text: string;
}

/** Where a repository's sample content is, from nginx's prefix: so no path of this machine gets into the configuration. */
export function sampleRoot(name: string): string {
  return `samples/${name}`;
}

/** Sample content that looks like a repository of the type; the first file is the one to ask for. */
export function sampleFiles(name: string, repository: Repository): readonly [Sample, ...Sample[]] {
  const { type } = repository;
  const [file, ...more] = MAKERS[type](name, repository);
  return [file, ...more, { path: "index.html", text: page(name, [file, ...more]) }];
}

const SAMPLE = "Sample content: the repository's own directory is not on this machine.";

const MAKERS: { readonly [K in Repository["type"]]: (name: string, of: Repository) => readonly [Sample, ...Sample[]] } =
  {
    pkg: (name) => [
      {
        path: "meta.conf",
        text: `# ${SAMPLE}\nversion = 2;\npacking_format = "tzst";\nmanifests = "packagesite.yaml";\n`,
      },
      {
        path: "packagesite.yaml",
        text: `{"name":"sample","origin":"sample/${name}","version":"1","comment":"${SAMPLE}"}\n`,
      },
    ],
    apt: (name, { suite, components }) => [
      {
        path: `dists/${suite ?? name}/Release`,
        text: `Origin: Sample\nSuite: ${suite ?? name}\nComponents: ${components.join(" ")}\nDescription: ${SAMPLE}\n`,
      },
    ],
    pkgsrc: (name) => [{ path: "All/pkg_summary", text: `PKGNAME=${name}-sample-1\nCOMMENT=${SAMPLE}\n\n` }],
    files: (name) => [{ path: "hello.txt", text: `Hello from ${name}. ${SAMPLE}\n` }],
  };

/** Names come from the registry and hold nothing that HTML knows. */
function page(name: string, files: readonly Sample[]): string {
  const items = files.map(({ path }) => `<li><a href="${path}">${path}</a></li>`).join("\n");
  return `<!doctype html>\n<title>${name}</title>\n<h1>${name}</h1>\n<p>${SAMPLE}</p>\n<ul>\n${items}\n</ul>\n`;
}
