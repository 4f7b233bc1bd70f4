import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { PATIENCE } from "../../support/patience.ts";
import type { Credentials } from "./authority.ts";

export interface SClient {
  readonly port: number;
  readonly sni: string;
  readonly as: Credentials;
  readonly tls: "TLSv1.2" | "TLSv1.3";
  /** File to keep the session in, or to resume from. */
  readonly keep?: string;
  readonly resume?: string;
  readonly request: string;
}

/**
 * `openssl s_client`: one request, everything it prints. Unlike Node it offers a session to a name that it was
 * not made for. It goes on reading until the server closes, so that TLS 1.3 tickets arrive.
 */
export function sClient({ port, sni, as, tls, keep, resume, request }: SClient): Promise<string> {
  const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", sni, "-cert", as.cert, "-key", as.key];
  args.push(tls === "TLSv1.2" ? "-tls1_2" : "-tls1_3", "-ign_eof");
  if (keep !== undefined) args.push("-sess_out", keep);
  if (resume !== undefined) args.push("-sess_in", resume);
  return said(args, (stdin, text) => {
    if (text === "") stdin.end(request);
  });
}

/** The same over TLS 1.2, which asks for a renegotiation once it is connected; it ends when that is refused. */
export function renegotiating(port: number, sni: string, as: Credentials): Promise<string> {
  const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", sni, "-cert", as.cert, "-key", as.key];
  return said([...args, "-tls1_2"], (stdin, text) => {
    if (text.includes("Verify return code") && !text.includes("RENEGOTIATING")) stdin.write("R\n");
  });
}

/** All that openssl prints. `talk` is called at the beginning, and whenever something came, with all that has come. */
function said(args: readonly string[], talk: (stdin: Writable, text: string) => void): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn("openssl", args, { timeout: PATIENCE });
    let text = "";
    const hear = (data: unknown) => {
      text += String(data);
      talk(child.stdin, text);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.stdin.on("error", () => {});
    child.once("error", fail);
    child.once("close", () => done(text));
    talk(child.stdin, text);
  });
}
