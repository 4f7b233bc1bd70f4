import { resolvePlain } from "../../model/schema/node.ts";

/** A text as YAML has it: plain where nothing can be misread, else in double quotes, with JSON's escapes. */
export function yamlScalar(value: string): string {
  const plain = /^[A-Za-z][A-Za-z0-9._-]*(?: [A-Za-z0-9._-]+)*$/.test(value) && resolvePlain(value) === value;
  return plain ? value : JSON.stringify(value);
}
