import { UserError } from "../model/problem.ts";
import type { Deploy } from "../model/registry.ts";
import { localTransport } from "./local.ts";
import { pullTransport } from "./pull.ts";
import { sshTransport } from "./ssh.ts";
import { type Errand, failed, type Report, type Task, type Transport } from "./transport.ts";

const TRANSPORTS: { readonly [K in Deploy["to"]]: Transport<K> } = {
  local: localTransport,
  ssh: sshTransport,
  pull: pullTransport,
};

/** Brings a task to a server. Never throws for what goes wrong there; that is the report. */
export async function send(deploy: Deploy, task: Task, errand: Errand): Promise<Report> {
  try {
    if (deploy.to === "local") return await TRANSPORTS.local(deploy, task, errand);
    if (deploy.to === "ssh") return await TRANSPORTS.ssh(deploy, task, errand);
    return await TRANSPORTS.pull(deploy, task, errand);
  } catch (error) {
    if (error instanceof UserError) return failed(errand.name, error);
    throw error;
  }
}
