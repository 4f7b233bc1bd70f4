import { createRequire } from "node:module";
import type { Alias, Document, ParsedNode, Node as YamlNode } from "yaml";
import { type MapEntry, type Node, resolvePlain, type ScalarNode } from "../../model/schema/node.ts";
import { show } from "../../model/schema/words.ts";
import { STRANGE_BLANK } from "../../model/yaml-slip.ts";
import { findSlip } from "../../model/yaml-slip-lines.ts";
import type { Report } from "./report.ts";
import { wordsFor } from "./yaml-errors.ts";

/** Loaded when it is needed: most files are read without it. */
function library(): typeof import("yaml") {
  return createRequire(import.meta.url)("yaml");
}

/** More than any registry needs, and few enough to read within the limits of time and memory. */
const MOST_TOKENS = 2_500_000;
const MOST_DEPTH = 32;
/** So many nodes may aliases and merge keys add to what is written. */
const MOST_EXPANDED = 500_000;

/**
 * All of YAML 1.2 that a registry may use. Null when it cannot be read; the report says why, at the slip that is to
 * blame and in our words: a parser tells where it gave up.
 */
export function readYaml(text: string, report: Report): Node | null {
  const blank = STRANGE_BLANK.test(text) ? findSlip(text) : null;
  if (blank?.always) {
    report.add(blank.offset, blank.message, blank.hint);
    return null;
  }
  try {
    const document = compose(text, report);
    if (document === null || !report.clean) return null;
    const tree = new TreeBuilder(report).build(document.contents);
    return report.clean ? tree : null;
  } catch (error) {
    if (!(error instanceof TooMuch || error instanceof RangeError)) throw error;
    const message = error instanceof TooMuch ? error.message : "the file is nested too deeply";
    report.add(error instanceof TooMuch ? error.offset : 0, message);
    return null;
  }
}

class TooMuch extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Lexer, parser and composer in one pass, so that what is too much is refused before it is built. */
function compose(text: string, report: Report): Document.Parsed | null {
  const { Lexer, Parser, Composer } = library();
  const parser = new Parser();
  // Failsafe leaves every scalar as it is written; resolvePlain then gives plain ones their meaning.
  const composer = new Composer({
    schema: "failsafe",
    uniqueKeys: false,
    prettyErrors: false,
    keepSourceTokens: false,
  });
  const documents: Document.Parsed[] = [];
  const gauge = new Gauge();
  for (const token of new Lexer().lex(text)) {
    gauge.add(token);
    for (const part of parser.next(token)) {
      if (part.type === "directive") throw new TooMuch(part.offset, "directives such as %YAML are not used here");
      for (const document of composer.next(part)) documents.push(document);
    }
  }
  for (const part of parser.end()) for (const document of composer.next(part)) documents.push(document);
  for (const document of composer.end(true, text.length)) documents.push(document);
  const [first, second] = documents;
  const error = first?.errors[0];
  const slip = error || second ? findSlip(text) : null;
  if (slip) report.add(slip.offset, slip.message, slip.hint);
  else if (error) report.add(error.pos[0], wordsFor(error.code));
  else if (second) report.add(second.range[0], "the file holds several YAML documents, and one is read", SEPARATOR);
  return first ?? null;
}

const SEPARATOR = "take out the --- or ... line";

/** Counts tokens and depth as the lexer goes. */
class Gauge {
  #tokens = 0;
  #offset = 0;
  #flow = 0;
  /** Block indicators since the line began: `- - - -` nests without a bracket. */
  #inLine = 0;

  add(token: string): void {
    this.#offset += token.length;
    if (++this.#tokens > MOST_TOKENS) throw new TooMuch(this.#offset, "the file holds more than any registry needs");
    const char = token.length === 1 ? token : "";
    if (token.endsWith("\n")) this.#inLine = 0;
    else if (char === "{" || char === "[") this.#flow += 1;
    else if (char === "}" || char === "]") this.#flow = Math.max(0, this.#flow - 1);
    else if (char === "-" || char === "?" || char === ":") this.#inLine += this.#flow > 0 ? 0 : 1;
    if (this.#flow > MOST_DEPTH || this.#inLine > MOST_DEPTH) {
      throw new TooMuch(this.#offset - 1, `the file is nested more than ${MOST_DEPTH} deep`);
    }
  }
}

const TAGS: Readonly<Record<string, string>> = {
  scalar: "tag:yaml.org,2002:str",
  map: "tag:yaml.org,2002:map",
  list: "tag:yaml.org,2002:seq",
};

/** The library's nodes to ours, aliases resolved, merge keys merged. */
class TreeBuilder {
  readonly #report: Report;
  readonly #yaml = library();
  /** The latest node of each anchor so far; null while it is being built. */
  readonly #anchors = new Map<string, Node | null>();
  /** Nodes below each node, itself included, as if written out. */
  readonly #sizes = new WeakMap<Node, number>();
  #expanded = 0;
  #depth = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  build(node: YamlNode | ParsedNode | null): Node {
    const offset = node?.range?.[0] ?? 0;
    if (node === null) return nothing(offset);
    if (this.#yaml.isAlias(node)) return this.#alias(node, offset);
    if (++this.#depth > MOST_DEPTH) throw new TooMuch(offset, `the file is nested more than ${MOST_DEPTH} deep`);
    const anchor = "anchor" in node && typeof node.anchor === "string" ? node.anchor : null;
    if (anchor !== null) this.#anchors.set(anchor, null);
    const built = this.#collectionOrScalar(node, offset);
    if (anchor !== null) this.#anchors.set(anchor, built);
    this.#depth -= 1;
    this.#checkTag(node, built);
    this.#sizes.set(built, 1 + this.#below(built));
    return built;
  }

  #checkTag(node: YamlNode, built: Node): void {
    if (!node.tag || node.tag === TAGS[built.kind]) return;
    this.#report.add(built.offset, `the tag ${show(node.tag)} is not used here`, "take it out");
  }

  #collectionOrScalar(node: YamlNode, offset: number): Node {
    if (this.#yaml.isSeq(node)) {
      return { kind: "list", offset, items: node.items.map((item) => this.build(this.#asNode(item))) };
    }
    if (this.#yaml.isMap(node)) return { kind: "map", offset, entries: this.#entries(node.items) };
    return this.#yaml.isScalar(node) ? scalarNode(node, offset) : nothing(offset);
  }

  /** Items are typed as unknown by the library; a document that was parsed holds nodes and null only. */
  #asNode(item: unknown): YamlNode | null {
    return this.#yaml.isNode(item) ? item : null;
  }

  #entries(pairs: readonly { readonly key: unknown; readonly value: unknown }[]): MapEntry[] {
    const entries: MapEntry[] = [];
    const merged: MapEntry[] = [];
    for (const pair of pairs) {
      const keyNode = this.#asNode(pair.key);
      const offset = keyNode?.range?.[0] ?? 0;
      const key = this.build(keyNode);
      const value = this.build(this.#asNode(pair.value));
      const written = key.kind === "scalar" ? key.text : null;
      if (written === null) this.#report.add(offset, "a key must be text, not a list or mapping");
      else if (written === "<<") merged.push(...this.#merged(value, offset));
      else entries.push({ key: written, offset, value });
    }
    if (merged.length === 0) return entries;
    const present = new Set(entries.map((entry) => entry.key));
    for (const entry of merged) {
      if (present.has(entry.key)) continue;
      present.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }

  /** `<<`: one mapping, or a list of them, the first of which wins (yaml.org/type/merge.html). */
  #merged(value: Node, offset: number): readonly MapEntry[] {
    const maps = value.kind === "list" ? value.items : [value];
    return maps.flatMap((map) => {
      if (map.kind === "map") {
        this.#spend(map.entries.length, offset);
        return map.entries;
      }
      this.#report.add(offset, "<< must name a mapping, or a list of mappings");
      return [];
    });
  }

  #alias(alias: Alias, offset: number): Node {
    const target = this.#anchors.get(alias.source);
    if (target) {
      this.#spend(this.#sizes.get(target) ?? 1, offset);
      return target;
    }
    const problem = target === null ? "stands inside what it names" : "names no anchor before it";
    this.#report.add(
      offset,
      `the alias ${show(`*${alias.source}`)} ${problem}`,
      "text that begins with * goes in quotes",
    );
    return nothing(offset);
  }

  #spend(nodes: number, offset: number): void {
    this.#expanded += nodes;
    if (this.#expanded > MOST_EXPANDED) throw new TooMuch(offset, "aliases expand beyond reason");
  }

  #below(node: Node): number {
    const children =
      node.kind === "map" ? node.entries.map((entry) => entry.value) : node.kind === "list" ? node.items : [];
    let size = node.kind === "map" ? node.entries.length : 0;
    for (const child of children) size += this.#sizes.get(child) ?? 1;
    return size;
  }
}

function nothing(offset: number): ScalarNode {
  return { kind: "scalar", offset, value: null, text: "" };
}

function scalarNode(
  node: { readonly value: unknown; readonly type?: string; readonly source?: string; readonly tag?: string },
  offset: number,
): ScalarNode {
  const content = typeof node.value === "string" ? node.value : "";
  const plain = (node.type ?? "PLAIN") === "PLAIN" && !node.tag;
  return { kind: "scalar", offset, value: plain ? resolvePlain(content) : content, text: content };
}
