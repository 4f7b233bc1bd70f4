import { runCommand } from "./cli/run.ts";
import { serve } from "./flows/serve.ts";
import { UserError } from "./model/problem.ts";
import { handshakeLine, logLine } from "./views/serve-log.ts";
import { serveJson, serveText } from "./views/serve-text.ts";

await runCommand(
  {
    name: "serve",
    summary: "this repository's nginx on loopback, with lines for curl to try it",
    secrets: "the server's key; without it a throwaway certificate stands in",
    stopsItself: true,
    flags: {
      server: { type: "string", argument: "NAME", description: "which nginx server (default: the first one)" },
      port: { type: "integer", argument: "N", description: "the TLS port on 127.0.0.1 (default: a free one)" },
    },
  },
  async ({ root, now, nowGiven, flags, json, out, style, width }) => {
    if (nowGiven) throw new UserError("nginx knows no time but the present one", "leave --now out");
    await serve({
      root,
      now,
      server: flags.server,
      port: flags.port,
      show: (view) => out(json ? serveJson(view) : serveText(view, { style: style.out, width })),
      line: (text) => out(json ? text : logLine(text, style.out)),
      trouble: (text, at) => {
        const shown = json ? null : handshakeLine(text, at, style.out);
        if (shown !== null) out(shown);
      },
    });
  },
);
