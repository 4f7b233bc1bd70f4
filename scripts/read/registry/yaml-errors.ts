import type { YAMLParseError } from "yaml";

/** What the parser stumbled over where no slip was found, by its codes: its own words quote the file, and are its own. */
const WORDS: Readonly<Record<YAMLParseError["code"], string>> = {
  ALIAS_PROPS: "an alias (*) has an anchor (&) or a tag (!) of its own",
  BAD_ALIAS: "this alias (*) has no name, or one that ends in a colon",
  BAD_COLLECTION_TYPE: "this tag (!) does not fit what it stands before",
  BAD_DIRECTIVE: "this directive (%) is malformed",
  BAD_DQ_ESCAPE: "this is no escape in double quotes",
  BAD_INDENT: "the indentation of this line fits nothing above it",
  BAD_PROP_ORDER: "an anchor (&) or tag (!) stands in the wrong place",
  BAD_SCALAR_START: "a value cannot begin with this character outside quotes",
  BLOCK_AS_IMPLICIT_KEY: "there is a second colon in this line",
  BLOCK_IN_FLOW: "something that needs lines of its own stands within brackets",
  DUPLICATE_KEY: "this key is there twice",
  IMPOSSIBLE: "this cannot be read",
  KEY_OVER_1024_CHARS: "a key has more than 1024 characters",
  MISSING_CHAR: "a character is missing here, such as a closing quote or bracket, a comma, a colon or a space",
  MULTILINE_IMPLICIT_KEY: "a key goes over more than one line: is a colon missing before here?",
  MULTIPLE_ANCHORS: "there are two anchors (&) here",
  MULTIPLE_DOCS: "the file holds several YAML documents, and one is read",
  MULTIPLE_TAGS: "there are two tags (!) here",
  NON_STRING_KEY: "a key must be text",
  RESOURCE_EXHAUSTION: "the file is nested too deeply",
  TAB_AS_INDENT: "a tab stands in the indentation",
  TAG_RESOLVE_FAILED: "this tag (!) is not used here",
  UNEXPECTED_TOKEN: "this does not belong here: is a bracket, quote or colon missing before it?",
};

export function wordsFor(code: YAMLParseError["code"]): string {
  return WORDS[code];
}
