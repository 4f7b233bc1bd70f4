import type { DerivedFile } from "../model/derived.ts";
import type { Registry } from "../model/registry.ts";
import type { Certificate } from "../model/state.ts";
import type { Instant } from "../model/time.ts";
import type { Admitted } from "./allow-list.ts";

/** What the holder of the certificate of this serial may fetch. PEM. */
export interface RenewalOffer {
  readonly serial: string;
  readonly pem: string;
}

/** What files are made from that decide by serial number. */
export interface ListInput {
  readonly registry: Registry;
  /** Certificates of clients that are valid, not held, not revoked, not ended. In any order. */
  readonly admitted: readonly Admitted[];
  /** What clients may fetch with the certificates they have; none unless given. */
  readonly renewals?: readonly RenewalOffer[];
  /** Names of servers with `certificate: issued` that have one: pki/issued/NAME.crt. */
  readonly issuedServers: readonly string[];
}

/** What files are made from that hold certificates themselves. */
export interface PinInput {
  readonly registry: Registry;
  readonly now: Instant;
  /** The authority's certificate, PEM; null where there is none yet. */
  readonly authority: string | null;
  /** Certificates that are neither ended, revoked nor held, with whom they belong to. In any order. */
  readonly valid: readonly {
    readonly certificate: Pick<Certificate, "serial" | "pem" | "kind">;
    readonly identity: string;
  }[];
  /** See ListInput. */
  readonly issuedServers: readonly string[];
}

/** What a server software is, beside what clients.yaml may say of it (model/schema/software.ts). How it is tested, reloaded and asked on a server, deploy/server/activate knows. */
export interface ServerKind {
  /** Whether it reads the repositories' roots itself, so that they must be there on its machine. */
  readonly readsRoots: boolean;
  /**
   * Everything under pki/SOFTWARE/, sorted by path: what all servers share, and one file a server, servers/NAME and `ending`.
   * A function of its input, byte for byte, whatever the order of what is in it. ASCII.
   * @throws Error for text that no checked registry holds
   */
  readonly render: (input: ListInput & PinInput) => DerivedFile[];
  /** How the names of files with configuration end. */
  readonly ending: ".conf" | ".cfg";
  /** The files in which it looks for the key of a certificate in this file; null where clients.yaml may say. */
  readonly keysOf: ((certificate: string) => readonly string[]) | null;
  /** Which of these files follow who is admitted: that changes by itself when certificates end. */
  readonly followsTime: RegExp;
}
