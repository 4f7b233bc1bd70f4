import { parse } from "yaml";

export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };
export type Fields = Readonly<Record<string, Value>>;

// clients.yaml as lines, one for each entry with a comment after it, so that git merges neighbours and what a branch
// did not touch stays byte for byte. Nothing here knows Gatehouse's own reader.

function flow(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value === null || typeof value !== "object") return String(value);
  const fields = Object.entries(value).map(([key, inside]) => `${key}: ${flow(inside)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(line: string): Fields {
  try {
    const value: unknown = parse(line.slice(line.indexOf(": ") + 2));
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}

/** The lines of a section, first and one past the last; null where it is not there. */
function range(lines: readonly string[], section: string): readonly [number, number] | null {
  const start = lines.findIndex((line) => line === `${section}:` || line.startsWith(`${section}: `));
  if (start < 0) return null;
  const length = lines.slice(start + 1).findIndex((line) => line !== "" && !line.startsWith(" "));
  return [start, length < 0 ? lines.length - 1 : start + 1 + length];
}

/** Names of a section's entries, in the order of the file. */
export function names(text: string, section: string): string[] {
  const lines = text.split("\n");
  const [from, to] = range(lines, section) ?? [0, 0];
  return lines.slice(from, to).flatMap((line) => /^ {2}([^\s#][^:]*): /.exec(line)?.[1] ?? []);
}

/** The fields of an entry, or of a section that has none (`crl`): the section's own name is its entry. */
export function fieldsOf(text: string, section: string, name: string): Fields | null {
  const prefix = section === name ? `${name}: ` : `  ${name}: `;
  const lines = text.split("\n");
  const [from, to] = range(lines, section) ?? [0, 0];
  const line = lines.slice(from, to).find((one) => one.startsWith(prefix));
  return line === undefined ? null : parsed(line);
}

/** The text with an entry written, made or (null) taken out. A new one stands where its name sorts. */
export function setFields(text: string, section: string, name: string, fields: Fields | null): string {
  const lines = text.split("\n");
  const whole = section === name;
  const found = range(lines, section);
  const written = fields === null ? [] : [`${whole ? "" : "  "}${name}: ${flow(fields)}`];
  if (found === null) {
    if (fields === null) return text;
    const at = lines.findIndex((line) => line.startsWith("clients:"));
    return lines.toSpliced(at, 0, ...(whole ? written : [`${section}:`, ...written, `  # ${name}`])).join("\n");
  }
  const [from, to] = found;
  if (whole) return lines.toSpliced(from, 1, ...written).join("\n");
  const at = lines.findIndex((line, index) => index > from && index < to && line.startsWith(`  ${name}: `));
  if (at >= 0)
    return lines.toSpliced(at, fields === null && lines[at + 1] === `  # ${name}` ? 2 : 1, ...written).join("\n");
  if (fields === null) return text;
  const after = lines.findIndex(
    (line, index) => index > from && index < to && /^ {2}[^\s#]/.test(line) && line.trim() > name,
  );
  return lines.toSpliced(after < 0 ? to : after, 0, ...written, `  # ${name}`).join("\n");
}

/** One field written, or (null) taken out. */
export function setField(text: string, section: string, name: string, field: string, value: Value | undefined): string {
  const { [field]: _, ...rest } = fieldsOf(text, section, name) ?? {};
  const fields = value === undefined ? rest : { ...rest, [field]: value };
  return setFields(text, section, name, section === name && Object.keys(fields).length === 0 ? null : fields);
}
