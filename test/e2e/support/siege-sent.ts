import type { Ask } from "./request.ts";
import type { Who } from "./siege.ts";

export type Sent = Partial<Ask> & { readonly client?: Who | null };
export type Refusal = readonly [sentence: string, sent: Sent, status: number, reason: string | RegExp, page: string];

export const OF_DEBIAN = { client: "bob", target: "/debian/file.txt" } as const;

export const METHODS: readonly Refusal[] = ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "PATCH"].map(
  (method): Refusal => [
    `method ${method}`,
    { method, target: "/nowhere" },
    405,
    "method not allowed",
    "for reading only",
  ],
);
