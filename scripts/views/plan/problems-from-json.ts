import { Fields } from "../../model/json-fields.ts";
import type { Problem } from "../../model/problem.ts";

/**
 * What problemsJson wrote, read back and checked; null for anything that does not begin so, such as a plan. Messages
 * may hold anything. Throws UserError.
 */
export function problemsFromJson(text: string): Problem[] | null {
  const value = parse(text);
  if (typeof value !== "object" || value === null || !("errors" in value)) return null;
  return new Fields(value, "plan").objects("errors", (fields) => ({
    file: fields.text("file"),
    line: fields.count("line"),
    column: fields.count("column"),
    message: fields.text("message"),
    hint: fields.orNull("hint", () => fields.text("hint")),
  }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
