import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { environment } from "../../support/repository.ts";

/** A request to git's own HTTP backend, and its answer. */
export function pipeCgi(
  request: IncomingMessage,
  response: ServerResponse,
  cgi: Readonly<Record<string, string>>,
): void {
  const child = spawn("git", ["http-backend"], {
    env: { ...environment(), ...cgi },
    stdio: ["pipe", "pipe", "inherit"],
  });
  request.pipe(child.stdin);
  let head = Buffer.alloc(0);
  let begun = false;
  child.stdout.on("data", (chunk: Buffer) => {
    if (begun) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const fields = head.subarray(0, end).toString("latin1").split("\r\n");
    const headers = fields.map((line): [string, string] => [line.replace(/:.*/s, ""), line.replace(/^[^:]*: */, "")]);
    const status = headers.find(([name]) => name.toLowerCase() === "status")?.[1] ?? "200";
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers));
    response.write(head.subarray(end + 4));
    begun = true;
  });
  child.on("close", () => response.end());
}
