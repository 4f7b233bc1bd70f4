import { CERTIFICATES, NAMES, PATHS } from "./siege-refusals.ts";
import type { Refusal } from "./siege-sent.ts";

const NOTHING = [404, "not found", "nothing at this address"] as const;

/** HAProxy 2.6 can let pass, and tell the gates, errors up to number 63: "invalid CA certificate" is 79. */
export const IN_THE_HANDSHAKE = CERTIFICATES.filter(([, { client }]) => client === "daughter");

/** It compares Host with an absolute target by itself, before any rule. */
export const UNREADABLE = NAMES.filter(([, { target }]) => target?.startsWith("https://") === true);

export const HAPROXY_GATES = [...CERTIFICATES, ...NAMES].filter(
  (refusal) => ![...IN_THE_HANDSHAKE, ...UNREADABLE].includes(refusal),
);

/** Where the backend answers, it has its own words, and the log no reason. */
const BEHIND: readonly string[] = ["a repository whose root is missing", "a directory's list"];

/** A link is the backend's business; the other server of the registry is another HAProxy's. */
const ELSEWHERE = "a link to another owner's file";

/** What a backend would take for another path than the one that is asked for. */
function isAmbiguous(target: string): boolean {
  const path = decodeURIComponent(target);
  return /\/\/|\/[.][.]?(?:\/|$)|%(?:2e|2f|5c)|\n/i.test(path);
}

export const HAPROXY_PATHS: readonly Refusal[] = PATHS.filter(
  ([sentence, { sni }]) => sni === undefined && sentence !== ELSEWHERE,
).map(([sentence, sent, ...rest]): Refusal => {
  if (BEHIND.includes(sentence)) return [sentence, sent, 404, "-", ""];
  if (isAmbiguous(sent.target ?? "") || sentence === "a dotfile under the reserved path")
    return [sentence, sent, ...NOTHING];
  return [sentence, sent, ...rest];
});
