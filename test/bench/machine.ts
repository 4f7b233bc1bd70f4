import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** MB. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  readonly openssl: string;
  /** Runnable processes in the minute before: over 0.5 or so, somebody else was measured too. */
  readonly load: number;
}

export function thisMachine(): Machine {
  return {
    cpu: (cpus()[0]?.model ?? arch()).replace(/\s+/g, " ").trim(),
    cores: availableParallelism(),
    memory: Math.round(totalmem() / 1e6),
    system: `${platform()} ${release()}`,
    node: process.versions.node,
    openssl: process.versions.openssl,
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}
