import type { Asked } from "./request.ts";
import type { Siege } from "./siege.ts";

/** Clients of the siege's registry that lose their access, by how. */
export const GONE = { removed: "frank", suspended: "fritz", revoked: "ferdi" } as const;
export const TLS = ["TLSv1.2", "TLSv1.3"] as const;
/** How, over what, who. */
export const CASES = TLS.flatMap((tls) => Object.entries(GONE).map(([state, client]) => [state, tls, client] as const));

const TARGET = "/packages/file.txt";

/** Sessions that clients have from before they lost their access. */
export class SessionsBefore {
  readonly #siege: Siege;
  readonly #answers = new Map<string, Asked>();

  constructor(siege: Siege) {
    this.#siege = siege;
  }

  /** Asks once for each of them, and returns each client's status. */
  async open(clients: readonly string[]): Promise<readonly (readonly [client: string, status: number])[]> {
    const statuses: (readonly [string, number])[] = [];
    for (const tls of TLS) {
      for (const client of clients) {
        const answer = await this.#siege.ask({ client, tls, target: TARGET });
        this.#answers.set(`${client} ${tls}`, answer);
        statuses.push([client, answer.status]);
      }
    }
    return statuses;
  }

  /** The same client once more, with its session. `mark`: a query by which the log is searched. */
  again(client: string, tls: (typeof TLS)[number], mark = ""): Promise<Asked> {
    const session = this.#answers.get(`${client} ${tls}`)?.session;
    return this.#siege.ask({ client, tls, target: `${TARGET}${mark}`, ...(session ? { session } : {}) });
  }
}
