import { fileURLToPath } from "node:url";

/** The top of this checkout. */
export const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));
