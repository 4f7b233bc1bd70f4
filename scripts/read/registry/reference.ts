import type { Described } from "../../model/schema/record.ts";
import { SECTIONS } from "../../model/schema/sections.ts";

const HEAD = `# clients.yaml

Every section and field, from the definitions by which the file is read. \`npm run schema\` writes this page; a test holds it to
them. Editors show the same while you type: the first line of clients.yaml names the schema.

A duration is a number with m, h, d, w or y: \`90m\`, \`12h\`, \`30d\`, \`8w\`, \`1y\` (365 days). A date is its first second in UTC.
A field in bold must be there.

\`\`\`yaml
version: 1
\`\`\`
`;

/** docs/clients-yaml.md. */
export function reference(): string {
  const sections = Object.entries(SECTIONS).map(([name, { entry, named }]) => {
    return `\n## ${named === null ? name : `${name}.NAME`}\n\n${named ?? entry.description}\n\n${table(entry)}`;
  });
  return `${HEAD}${sections.join("")}`;
}

function table({ fields, keys }: Described): string {
  const rows = Object.entries(fields).map(([name, { presence, type, otherwise = "", example, schema }]) => {
    const key = keys[name];
    const { description = "" } = schema;
    const shown = presence === "required" ? `**\`${key}\`**` : `\`${key}\``;
    const cells = [shown, type, otherwise, `\`${key}: ${example}\``, String(description)];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  });
  return `| field | what may stand there | otherwise | example | what it does |\n|---|---|---|---|---|\n${rows.join("")}`;
}
