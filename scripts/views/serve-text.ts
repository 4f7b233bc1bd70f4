import { shellWord } from "../model/printable.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { wrap } from "./wrap.ts";

/** What npm run serve shows when it has begun. */
export interface ServeView {
  /** The server's name in clients.yaml. */
  readonly server: string;
  /** The name that clients use: in the URL, and in the handshake. */
  readonly host: string;
  readonly port: number;
  /** Plain HTTP, null where nothing listens. */
  readonly plainPort: number | null;
  /** The repository acted on: the paths in the lines to paste begin there. */
  readonly root: string;
  /** What curl is to trust; null: what it trusts anyway. */
  readonly ca: string | null;
  readonly repositories: readonly {
    readonly name: string;
    readonly path: string;
    readonly root: string;
    readonly sampled: boolean;
  }[];
  readonly trials: readonly ServeTrial[];
  /** A proxy in the environment would take curl elsewhere. */
  readonly proxied: boolean;
  readonly notes: readonly string[];
}

export interface ServeTrial {
  readonly client: string | null;
  /** Certificate and key; null without a client. Paths from `root`, or a placeholder. */
  readonly credentials: { readonly certificate: string; readonly key: string } | null;
  readonly repository: string;
  readonly target: string;
  readonly status: 200 | 400 | 403;
  /** The answer may be a package: only its head is worth showing. */
  readonly headOnly: boolean;
}

const LOOPBACK = "127.0.0.1";

/** What is served where, what to know about it, and lines for curl to paste. */
export function serveText(
  view: ServeView,
  { style, width }: { readonly style: Style; readonly width: number },
): string {
  const { server, host, port, plainPort, repositories, trials, notes } = view;
  const rows = repositories.map(({ name, path, root, sampled }) => ({
    cells: [name, path, sampled ? `sample content (${root} is not on this machine)` : root],
  }));
  const redirect = plainPort === null ? "" : `; http://${host}:${plainPort} leads there`;
  return `${[
    ...wrap(
      `Serving ${server}, as pki/nginx has it, at https://${host}:${port} on ${LOOPBACK} only${redirect}.`,
      width,
    ),
    ...(rows.length === 0 ? ["It serves no repository."] : table(["repository", "at", "from"], rows, width, style)),
    ...notes.flatMap((note) => wrap(note, width, { first: "- " })),
    "",
    ...wrap(`Try it from another terminal, in ${view.root}:`, width),
    ...trials.flatMap((trial) => ["", style.bold(`${title(trial)} (${trial.status}):`), `  ${curlLine(view, trial)}`]),
    "",
    "Requests as they come; Ctrl-C stops the server.",
  ].join("\n")}\n`;
}

function title({ client, repository, status }: ServeTrial): string {
  if (client === null) return "Without a certificate";
  return status === 200 ? `${client}, who reaches ${repository}` : `${client}, who does not reach ${repository}`;
}

/** One line for sh. Header lines are shown: the first of them is the answer. */
export function curlLine(view: ServeView, { credentials, target, headOnly }: ServeTrial): string {
  const { host, port, ca, proxied } = view;
  const words = [
    "curl",
    headOnly ? "-I" : "-i",
    ...(proxied ? ["--noproxy", "*"] : []),
    ...["--resolve", `${host}:${port}:${LOOPBACK}`],
    ...(ca === null ? [] : ["--cacert", ca]),
    ...(credentials === null ? [] : ["--cert", credentials.certificate, "--key", credentials.key]),
    `https://${host}:${port}${target}`,
  ];
  return words.map(shellWord).join(" ");
}

/** The same for programs: one JSON object on a line. */
export function serveJson(view: ServeView): string {
  const { server, host, port, plainPort, repositories, notes } = view;
  const trials = view.trials.map((trial) => {
    const { client, repository, status } = trial;
    return { client, repository, status, curl: curlLine(view, trial) };
  });
  return JSON.stringify({ server, url: `https://${host}:${port}`, plainPort, repositories, notes, trials });
}
