import { spawn } from "node:child_process";

/** Runs a program to its end. @throws Error where it cannot be started */
export function run(
  program: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data) => {
      stdout += String(data);
    });
    child.stderr.on("data", (data) => {
      stderr += String(data);
    });
    child.once("error", fail);
    child.once("close", (code) => done({ code: code ?? -1, stdout, stderr }));
  });
}

/** curl as a user would: the name in the URL, resolved to loopback. The body, then the status on a line of its own. */
export async function curl(
  name: string,
  port: number,
  path: string,
  ...args: readonly string[]
): Promise<{ status: number; body: string }> {
  const { stdout, stderr } = await run("curl", [
    ...["-sS", "--path-as-is", "--resolve", `${name}:${port}:127.0.0.1`, "-w", "\n%{http_code}", ...args],
    `https://${name}:${port}${path}`,
  ]);
  const end = stdout.lastIndexOf("\n");
  const status = Number(stdout.slice(end + 1));
  if (status === 0) throw new Error(stderr);
  return { status, body: stdout.slice(0, end) };
}
