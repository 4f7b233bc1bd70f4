/**
 * Fault injection for tests: every file operation that changes something passes through here, in an order that
 * is the same on every run. GATEHOUSE_FAULT=N kills the process (SIGKILL) before the Nth, so that tests can
 * stop a run at every instant in turn instead of by sleeping. It does nothing else, and nothing when unset.
 */
export type Observer = (operation: string, path: string) => void;

let observer: Observer | null = null;
let count = 0;
const fatal = Number(process.env["GATEHOUSE_FAULT"] ?? Number.NaN);

/** A test's own observer; it may throw, as the disk would. Null takes it away. */
export function observeOperations(next: Observer | null): void {
  observer = next;
}

/** Called before a file operation. */
export function operation(name: string, path: string): void {
  count += 1;
  if (count === fatal) process.kill(process.pid, "SIGKILL");
  observer?.(name, path);
}
