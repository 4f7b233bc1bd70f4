export { readRegistry } from "./registry/read.ts";
export { checkRegistry, type RegistryResult } from "./registry/registry.ts";
