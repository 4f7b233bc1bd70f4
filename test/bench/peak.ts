import { readFileSync, writeSync } from "node:fs";

/** The descriptor on which a measured process says what it took. */
const REPORT = 3;

/**
 * Preloaded (`node --import`) into the process that is measured. Not getrusage's maximum: across fork and exec Linux
 * hands down the parent's, so that a small child of a large benchmark would look large.
 */
function peakBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // no /proc: FreeBSD, macOS
  }
  return process.resourceUsage().maxRSS * 1024;
}

process.once("exit", () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  writeSync(REPORT, JSON.stringify({ peak: peakBytes(), cpu: (userCPUTime + systemCPUTime) / 1e6 }));
});
