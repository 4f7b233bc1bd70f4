/**
 * How long a test waits for one program or one event, in milliseconds. It only tells that something hangs, so it is
 * far beyond what a busy machine needs: no test may depend on it.
 */
export const PATIENCE = 240_000;
