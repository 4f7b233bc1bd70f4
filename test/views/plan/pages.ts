import { expect } from "vitest";
import { difference } from "./samples.ts";

export const access = (client: string, gains: string[], loses: string[], previously: string | null = null) =>
  difference(client, gains, loses, { previously });

/** A page as CommonMark (4.5) divides it: lines of code blocks, and all the others. */
export function divide(page: string): { inside: string[]; outside: string[] } {
  const [inside, outside]: [string[], string[]] = [[], []];
  let open = false;
  for (const line of page.split(/\r\n|\r|\n/)) {
    if (open ? /^ {0,3}`{3,}[ \t]*$/.test(line) : /^ {0,3}(?:`{3,}|~{3,})/.test(line)) open = !open;
    else (open ? inside : outside).push(line);
  }
  expect(open).toBe(false);
  return { inside, outside };
}

export const LOSSES = { code: "TooManyLosses", message: "14 of 40 clients" } as const;

export function refusal(message: string) {
  return { code: "BadRequest", message } as const;
}
