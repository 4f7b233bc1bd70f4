import { formatInstant } from "../model/time.ts";
import type { BundleInput } from "./bundle-input.ts";
import { type ClientFile, type ClientKindFiles, credentialFiles, ETC, SYSTEMS } from "./files.ts";
import { type ClientKind, renderKind } from "./index.ts";
import { renderReadme } from "./readme.ts";
import type { TarFile } from "./tar.ts";
import { timerFiles } from "./timer.ts";

/**
 * What a bundle's archive holds, below a directory of the client's name.
 * @throws Error where two programs want different files of one name
 */
export function bundleFiles(input: BundleInput): TarFile[] {
  const { context, kinds, credentials, scripts } = input;
  const rendered = kinds.map((kind): [ClientKind, ClientKindFiles] => [kind, renderKind(kind, context)]);
  const listed = [
    ...credentialFiles(context).map((file) => listedFile("", file)),
    ...["files", "install.sh", "renew.sh"].map(ownFile),
    ...rendered.flatMap(([kind, { files }]) => files.map((file) => listedFile(kind, file))),
    ...timerFiles(context).map((file) => listedFile("timer", file)),
  ];
  const inside = new Map<string, { readonly mode: number; readonly data: Uint8Array }>();
  const add = (path: string, data: string | Uint8Array, mode = 0o644) => {
    inside.set(path, { mode, data: typeof data === "string" ? Buffer.from(data) : data });
  };
  add("README", renderReadme(input, rendered));
  add("install.sh", scripts.install, 0o755);
  add("renew.sh", scripts.renew, 0o755);
  add("bundle.conf", bundleConf(input));
  add("files", fileList(listed));
  if (credentials.key !== null) add("key.pem", credentials.key, 0o600);
  add("fullchain.pem", credentials.fullchain);
  add("ca.pem", credentials.ca);
  if (credentials.serverCa !== null) add("server-ca.pem", credentials.serverCa);
  for (const { inside: path, data } of listed) if (data !== null) add(path, data);
  return [...inside].map(([path, file]) => ({ path: `${context.name}/${path}`, ...file }));
}

/** A line of the list, and where its bytes are in the bundle; null where they come from elsewhere. */
interface Listed extends Omit<ClientFile, "content"> {
  readonly source: string;
  readonly inside: string;
  readonly data: string | Uint8Array | null;
}

function listedFile(kind: ClientKind | "timer" | "", { content, ...file }: ClientFile): Listed {
  const inside = `etc/${kind}/${file.path.replace(`${ETC}/`, "").replace(/^\//, "")}`;
  if ("credential" in content) return { ...file, inside, source: `credential:${content.credential}`, data: null };
  if ("text" in content) return { ...file, inside, source: `text:${inside}`, data: content.text };
  return { ...file, inside, source: `data:${inside}`, data: content.data };
}

/** What stays on the client of the bundle itself. */
function ownFile(name: string): Listed {
  const mode = name.endsWith(".sh") ? 0o755 : 0o644;
  return {
    path: `${ETC}/${name}`,
    mode,
    owner: "root",
    systems: SYSTEMS,
    inside: name,
    source: `data:${name}`,
    data: null,
  };
}

/** The list that install.sh and renew.sh go by: `SYSTEMS MODE OWNER SOURCE TARGET`. */
function fileList(listed: readonly Listed[]): string {
  const known = new Set<string>();
  for (const { path, systems } of listed) {
    for (const target of systems.map((system) => `${system} ${path}`)) {
      if (known.has(target)) throw new Error(`two files for one place: ${target}`);
      known.add(target);
    }
  }
  return listed.map((file) => `${line(file)}\n`).join("");
}

const TARGET = /^(?:@ETC@)?(?:\/[A-Za-z0-9@:+._-]+)+$/;

function line({ path, mode, owner, systems, source }: Listed): string {
  if (!TARGET.test(path) || !/^[a-z]+:\S+$/.test(source) || path.includes("..")) {
    throw new Error(`not a path for a bundle: ${JSON.stringify(path)}`);
  }
  return [systems.join(","), `0${mode.toString(8)}`, owner, source, path].join(" ");
}

/** `key=value` a line, for install.sh and renew.sh. */
function bundleConf({ context, facts }: BundleInput): string {
  const { renewal } = context;
  const lines = [
    `name=${context.name}`,
    `serial=${facts.serial}`,
    `not-after=${formatInstant(facts.notAfter)}`,
    `renew-before=${facts.renewBefore}`,
    `key=${context.key}`,
    ...(renewal === null
      ? []
      : [`renew-url=${renewal.url}`, `renew-ca=${renewal.ca === "system" ? "system" : "server-ca"}`]),
  ];
  return lines.map((text) => `${text}\n`).join("");
}
