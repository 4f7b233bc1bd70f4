const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type StopSignal = (typeof SIGNALS)[number];

/**
 * Ctrl-C, a polite kill, a terminal that was closed: the first of them. From here to `dispose` none of them ends the
 * process: Ctrl-C under npm may come twice, and the second must not cut the tidying short.
 */
export function awaitSignal(): { readonly received: Promise<StopSignal>; dispose(): void } {
  let resolve: (signal: StopSignal) => void = () => {};
  const received = new Promise<StopSignal>((done) => {
    resolve = done;
  });
  for (const signal of SIGNALS) process.on(signal, resolve);
  return {
    received,
    dispose: () => {
      for (const signal of SIGNALS) process.off(signal, resolve);
    },
  };
}
