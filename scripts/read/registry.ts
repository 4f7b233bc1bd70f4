export { type RegistrySets, readRegistry } from "./registry/read.ts";
export { checkRegistry, type RegistryContext, type RegistryResult } from "./registry/registry.ts";
