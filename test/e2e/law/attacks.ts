import { below, put, textAt, without, write } from "./files.ts";
import type { Files, Objects } from "./objects.ts";
import type { Operation } from "./operations.ts";

type Of<K extends Operation["do"]> = Extract<Operation, { readonly do: K }>;

const CODE = [
  "scripts/plan.ts",
  ".gitattributes",
  "package.json",
  "Makefile",
  ".github/workflows/plan.yml",
  "node_modules/.bin/node",
  "npm-shrinkwrap.json",
  "tools/package.json",
  "PKI/registry.yaml",
  "Clients.yaml",
  ".gitmodules",
  "pki.sh",
] as const;

const ATTRIBUTES = [
  "clients.yaml merge=union\n",
  "*.yaml -merge\n",
  "clients.yaml merge=binary\n",
  "*.req merge=union\n",
];

export function changeCode(objects: Objects, files: Files, { which, text }: Of<"code">): Files {
  const path = CODE[which % CODE.length] ?? CODE[0];
  if (path !== ".gitattributes") return write(objects, files, path, `// ${text}\n`);
  return write(objects, files, path, (textAt(objects, files, path) ?? "") + ATTRIBUTES[text % ATTRIBUTES.length]);
}

const ELSEWHERE = "1".repeat(40);

const LONGEST_TARGET = 4000;

/** A blob that can be a symlink's target; null for none. */
function shortTarget(objects: Objects, id: string | undefined): string | null {
  return id !== undefined && id !== ELSEWHERE && objects.read(id).length < LONGEST_TARGET ? id : null;
}

/** Something else stands where a file was. */
export function changeShape(objects: Objects, files: Files, { path: which, shape }: Of<"shape">): Files {
  const paths = [
    "clients.yaml",
    "clients.yaml",
    "pki",
    "README.md",
    ...below(files, "pki").filter((_, at) => at % 4 === 0),
  ];
  const path = paths[which % paths.length] ?? "clients.yaml";
  const entry = files.get(path);
  switch (shape) {
    case "rename":
      return entry === undefined ? files : put(without(files, path), `${path}.old`, entry);
    case "symlink":
      // With YAML in its blob it reads like the file to whoever does not look at the mode. No system has longer targets.
      return put(files, path, { mode: "120000", id: shortTarget(objects, entry?.id) ?? objects.blob("clients.yaml") });
    case "executable":
      return entry === undefined ? files : put(files, path, { mode: "100755", id: entry.id });
    case "submodule":
      return put(files, path, { mode: "160000", id: ELSEWHERE });
    case "remove":
      return without(files, path);
    case "directory":
      return write(objects, files, `${path}/inside.yaml`, "version: 1\n");
  }
}

const SERIAL = "5F00000000000000000000000000000F";

export function changeState(
  objects: Objects,
  files: Files,
  { edit, which }: Of<"state">,
  older: readonly Files[],
): Files {
  const nth = (directory: string) => below(files, directory)[which % Math.max(1, below(files, directory).length)];
  const drop = (directory: string) => without(files, nth(directory) ?? "");
  const old = older[which % older.length] ?? files;
  const append = (path: string | undefined) =>
    path === undefined ? files : write(objects, files, path, `${textAt(objects, files, path) ?? ""}# more\n`);
  switch (edit) {
    case "dropRevocation":
      return drop("pki/revoked");
    case "dropHold":
      return drop("pki/held");
    case "dropCertificate":
      return drop("pki/certs_by_serial");
    case "restore":
      return new Map([...without(files, "pki"), ...[...old].filter(([path]) => path.startsWith("pki/"))]);
    case "restoreRegistry": {
      const entry = old.get("pki/registry.yaml");
      return entry === undefined ? files : put(files, "pki/registry.yaml", entry);
    }
    case "addRevocation":
      return write(objects, files, `pki/revoked/${SERIAL}.yaml`, "at: 2026-11-21T12:00:00Z\nreason: superseded\n");
    case "addHold": {
      const serial = nth("pki/certs_by_serial")?.replace(/^.*\/|\.pem$/g, "") ?? SERIAL;
      return write(objects, files, `pki/held/${serial}.yaml`, "at: 2026-11-21T12:00:00Z\n");
    }
    case "editRegistry":
      return append("pki/registry.yaml");
    case "editMap":
      return append("pki/nginx/roles.map");
    case "editCrl":
      return append("pki/crl.pem");
    case "stray":
      return write(objects, files, "pki/nginx/stray.conf", "deny all;\n");
  }
}
