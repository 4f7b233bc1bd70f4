import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { formatInstant, type Instant } from "../../../scripts/model/time.ts";
import type { Variables } from "./repository.ts";

/** A clock for programs that have no --now: libfaketime, which stands still at what a file says. */
export class FakeClock {
  readonly #file: string;
  readonly environment: Variables;

  constructor(file: string) {
    this.#file = file;
    const library = execFileSync("faketime", ["-f", "+0", "sh", "-c", 'printf %s "$LD_PRELOAD"'], { encoding: "utf8" });
    this.environment = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      TZ: "UTC",
    };
  }

  set(now: Instant): void {
    writeFileSync(this.#file, `${formatInstant(now).replace("T", " ").replace("Z", "")}\n`);
  }
}
