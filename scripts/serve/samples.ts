import type { Repository } from "../model/registry.ts";

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
