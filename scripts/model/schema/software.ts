import { list } from "../words.ts";
import { SOFTWARE, type Software } from "./terms.ts";

/** Fields of a server in clients.yaml that not every kind has a use for. */
export type OwnField = "rate" | "burst" | "backend";

/** What clients.yaml may say of a server that runs it. */
interface SoftwareRules {
  /** What it gives out: repositories under their paths, or services by their names. */
  readonly serves: "repositories" | "services";
  /** Whether it knows a server by IP addresses too, and not by DNS names alone. */
  readonly addresses: boolean;
  /** What it has a use for; one of these is refused where another kind is to run. */
  readonly fields: readonly OwnField[];
  /** Those of them that it cannot do without. */
  readonly needs: readonly OwnField[];
}

export const SOFTWARE_RULES: Readonly<Record<Software, SoftwareRules>> = {
  nginx: { serves: "repositories", addresses: false, fields: ["rate", "burst"], needs: [] },
  apache: { serves: "repositories", addresses: true, fields: [], needs: [] },
  stunnel: { serves: "services", addresses: true, fields: [], needs: [] },
  // Without a name in the handshake there is no handshake.
  haproxy: { serves: "repositories", addresses: false, fields: ["backend"], needs: ["backend"] },
};

/** `nginx and apache`: those of which it is true, for messages. */
export function softwareWith(property: (rules: SoftwareRules) => boolean): string {
  return list(
    SOFTWARE.filter((software) => property(SOFTWARE_RULES[software])),
    SOFTWARE.length,
  );
}
