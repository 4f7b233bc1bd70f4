import { request } from "./bare/watch.ts";
import { renderFailure } from "./cli/failure.ts";
import { runCommand } from "./cli/run.ts";
import { UserError } from "./model/problem.ts";

await runCommand(
  {
    name: "bare",
    summary: "what a bare repository's hooks run; npm run create -- --bare DIR installs them",
    secrets: "git-crypt's key, in DIR/gatehouse/key",
    flags: {},
    positionals: [{ argument: "WHAT", required: true, description: "pre-receive, post-receive, run or work" }],
  },
  async ({ root, now, positionals: [what], say, style }) => {
    switch (what) {
      case "pre-receive": {
        const { receive } = await import("./bare/receive.ts");
        const push = { root, now, lines: await standardInput(), say };
        // What cannot be judged is refused.
        const taken = await receive(push).catch((error: unknown) => say(renderFailure(error, style.err)));
        if (taken !== true) say("gatehouse: the push is refused; nothing of it was taken");
        return taken === true ? 0 : 1;
      }
      case "post-receive":
        return request({ root, pushed: await standardInput(), say });
      case "run":
        return request({ root, pushed: null, say });
      case "work": {
        const { work } = await import("./bare/worker.ts");
        return work(root, (error) => renderFailure(error, style.err));
      }
      default:
        throw new UserError(`${what} is not what a hook asks for`, "it is pre-receive, post-receive, run or work");
    }
  },
);

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
