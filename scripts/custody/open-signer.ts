import type { Signer } from "../x509/signer.ts";

/** A signer that is ready to work, until it is closed. */
export interface OpenSigner {
  readonly signer: Signer;
  readonly close: () => Promise<void>;
}

export const NOTHING_TO_CLOSE = async (): Promise<void> => {};
