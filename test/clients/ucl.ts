/** What a UCL file says, as far as pkg.conf(5) needs it: objects, strings, numbers and booleans. */
export type Ucl = string | number | boolean | { readonly [key: string]: Ucl };

const TOKEN = /\s*(?:#[^\n]*\n\s*)*("(?:[^"\\\n]|\\["\\])*"|[A-Za-z0-9_.-]+|[{}:,])/y;
const END = /\s*(?:#[^\n]*(?:\n\s*)?)*$/y;
const WORDS: Readonly<Record<string, boolean>> = { yes: true, no: false };

function endsAt(text: string, at: number): boolean {
  END.lastIndex = at;
  return END.test(text);
}

/**
 * A strict reader: names are bare words, strings are quoted, values follow a colon, entries end in commas where another
 * one follows, and nothing is said twice. @throws Error
 */
export function parseUcl(text: string): { readonly [key: string]: Ucl } {
  let at = 0;
  const peek = () => {
    TOKEN.lastIndex = at;
    return TOKEN.exec(text);
  };
  const take = (wanted?: string): string => {
    const token = peek()?.[1];
    if (token === undefined || token !== (wanted ?? token))
      throw new Error(`${wanted ?? "a word"} is wanted at ${JSON.stringify(text.slice(at, at + 30))}`);
    at = TOKEN.lastIndex;
    return token;
  };
  const value = (): Ucl => {
    const token = take();
    if (token === "{") return object("}");
    if (token.startsWith('"')) return String(JSON.parse(token));
    const word = /^[0-9]+$/.test(token) ? Number(token) : WORDS[token];
    if (word === undefined) throw new Error(`no value: ${token}`);
    return word;
  };
  const ended = (close: string | null) => (close === null ? endsAt(text, at) : peek()?.[1] === close);
  const object = (close: string | null): { [key: string]: Ucl } => {
    const found: { [key: string]: Ucl } = {};
    while (!ended(close)) {
      const key = take();
      if (!/^[A-Za-z0-9]/.test(key) || Object.hasOwn(found, key)) throw new Error(`no name, or twice: ${key}`);
      take(":");
      found[key] = value();
      if (peek()?.[1] === ",")
        take(); // Between objects, and at the end, it is left out.
      else if (!ended(close) && typeof found[key] !== "object") throw new Error(`a comma is wanted after ${key}`);
    }
    if (close !== null) take(close);
    return found;
  };
  return object(null);
}
