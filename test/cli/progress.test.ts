import { describe, expect, it } from "vitest";
import { progressLine } from "../../scripts/cli/progress.ts";

function trial(isTTY: boolean, columns = 80) {
  const time = { now: 0 };
  const written: string[] = [];
  const screen = { isTTY, columns, write: (text: string) => written.push(text.replaceAll("\r\u001b[2K", "<erase>")) };
  return { time, written, line: progressLine(screen, () => time.now) };
}

describe("progress", () => {
  it("is silent where there is no terminal", () => {
    const { time, written, line } = trial(false);
    const work = line.start("certificates", 10);
    time.now = 5000;
    work.tick();
    work.done();
    expect(written).toEqual([]);
  });

  it("says nothing about work that takes less than a second", () => {
    const { time, written, line } = trial(true);
    const work = line.start("certificates", 10);
    time.now = 999;
    work.tick(10);
    work.done();
    expect(written).toEqual([]);
  });

  it("rewrites one line, ten times a second at most, and takes it away", () => {
    const { time, written, line } = trial(true);
    const work = line.start("certificates", 10_000);
    for (time.now = 0; time.now < 1150; time.now += 10) work.tick(10);
    work.done();
    expect(written).toEqual(["<erase>certificates 1,010/10,000", "<erase>certificates 1,110/10,000", "<erase>"]);
  });

  it("makes room for other words and comes back", () => {
    const { time, written, line } = trial(true);
    const work = line.start("servers");
    time.now = 2000;
    work.tick();
    line.clear();
    line.clear();
    time.now = 3000;
    work.tick();
    work.done();
    expect(written).toEqual(["<erase>servers 1", "<erase>", "<erase>servers 2", "<erase>"]);
  });

  it("never reaches the terminal's edge, where it would wrap", () => {
    const { time, written, line } = trial(true, 20);
    const work = line.start("x".repeat(50));
    time.now = 2000;
    work.tick();
    work.done();
    expect(written[0]).toBe(`<erase>${"x".repeat(19)}`);
  });
});
