import { closeSync, openSync, readSync } from "node:fs";

/** Often enough to seem immediate. Milliseconds. */
const INTERVAL = 100;
const CHUNK = 65_536;

/** Calls back with each whole line that is added to a file, from its beginning on. `stop(true)` reads to the end first. */
export function followLines(file: string, line: (text: string) => void): { stop(toTheEnd: boolean): void } {
  let at = 0;
  let rest = Buffer.alloc(0);
  const read = () => {
    for (let chunk = readFrom(file, at); chunk.length > 0; chunk = readFrom(file, at)) {
      at += chunk.length;
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        const text = rest.toString("utf8", 0, end);
        rest = rest.subarray(end + 1);
        line(text);
      }
    }
  };
  const timer = setInterval(read, INTERVAL);
  return {
    stop: (toTheEnd) => {
      clearInterval(timer);
      if (toTheEnd) read();
    },
  };
}

/** At most CHUNK bytes; none where there is no such file yet. */
function readFrom(file: string, at: number): Buffer {
  const descriptor = openIfThere(file);
  if (descriptor === null) return Buffer.alloc(0);
  try {
    const bytes = Buffer.alloc(CHUNK);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, CHUNK, at));
  } finally {
    closeSync(descriptor);
  }
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, "r");
  } catch {
    return null;
  }
}
