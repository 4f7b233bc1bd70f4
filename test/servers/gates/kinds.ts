import type { Software } from "../../../scripts/model/registry.ts";
import { apache } from "./apache.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { stunnel } from "./stunnel.ts";
import type { Witness } from "./witness.ts";

export const WITNESSES: Readonly<Record<Software, Witness>> = { nginx, apache, stunnel, haproxy };
