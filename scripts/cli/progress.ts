/** One long piece of work. `tick` says that `count` more of it (1 unless told) is done; `done` takes the line away. */
export interface Progress {
  tick(count?: number): void;
  done(): void;
}

export interface ProgressLine {
  /** Begins a piece of work; without `total` only the count is shown. */
  start(label: string, total?: number): Progress;
  /** Takes the line off the screen before something else is written; the next tick brings it back. */
  clear(): void;
}

interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Work that is over sooner than this shows nothing; the line changes no faster than this. Milliseconds. */
const PATIENCE = 1000;
const INTERVAL = 100;
const ERASE_LINE = "\r\u001b[2K";

/**
 * One line on a terminal, rewritten in place; on anything else nothing at all.
 * `clock`: milliseconds that never run backwards.
 */
export function progressLine(screen: Screen, clock: () => number = () => performance.now()): ProgressLine {
  if (screen.isTTY !== true) return { start: () => ({ tick() {}, done() {} }), clear() {} };
  let shown = false;
  const clear = () => {
    if (shown) screen.write(ERASE_LINE);
    shown = false;
  };
  const start = (label: string, total?: number): Progress => {
    let count = 0;
    let next = clock() + PATIENCE;
    const draw = () => {
      if (clock() < next) return;
      next = clock() + INTERVAL;
      shown = true;
      // One column short of the edge: a full line would wrap, and a wrapped line cannot be rewritten.
      screen.write(ERASE_LINE + text(label, count, total).slice(0, (screen.columns ?? 80) - 1));
    };
    const timer = setInterval(draw, PATIENCE);
    timer.unref();
    const tick = (more = 1) => {
      count += more;
      draw();
    };
    const done = () => {
      clearInterval(timer);
      clear();
    };
    return { tick, done };
  };
  return { start, clear };
}

function text(label: string, count: number, total: number | undefined): string {
  const figures = (n: number) => n.toLocaleString("en");
  if (total !== undefined) return `${label} ${figures(count)}/${figures(total)}`;
  return count === 0 ? `${label} …` : `${label} ${figures(count)}`;
}
