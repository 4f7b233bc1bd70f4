/** What `${{ }}` may be here: the little of GitHub's expression language that our workflows use. The rest throws. */
export type Value = string | boolean | { readonly [key: string]: Value };
export type Context = { readonly [key: string]: Value };

/** The outcome of the steps, or of the jobs that are needed, so far. */
export interface Status {
  readonly failed: boolean;
  readonly cancelled: boolean;
}

/** Text with its `${{ }}` filled in. @throws Error for anything that it does not know */
export function interpolate(text: string, context: Context, status: Status): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) => {
    const value = evaluate(expression, context, status);
    if (typeof value === "object") throw new Error(`an object where text is wanted: ${expression}`);
    return String(value);
  });
}

/** A condition, with or without `${{ }}`; none means success(), and so does one that asks for no status. */
export function holds(condition: string | undefined, context: Context, status: Status): boolean {
  const success = !status.failed && !status.cancelled;
  if (condition === undefined) return success;
  const expression = condition.replace(/^\$\{\{(.*)\}\}$/s, "$1");
  const asksStatus = /\b(?:always|cancelled|success|failure)\(\)/.test(expression);
  return (asksStatus || success) && truthy(evaluate(expression, context, status));
}

function evaluate(expression: string, context: Context, status: Status): Value {
  const parser = new Parser(expression, context, status);
  return parser.whole();
}

const truthy = (value: Value): boolean => value !== "" && value !== false;

class Parser {
  readonly #text: string;
  readonly #tokens: string[];
  readonly #context: Context;
  readonly #status: Status;

  constructor(text: string, context: Context, status: Status) {
    this.#text = text;
    this.#context = context;
    this.#status = status;
    const tokens = /\s*('(?:[^']|'')*'|==|!=|&&|\|\||!|\(|\)|[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)/gy;
    this.#tokens = [];
    let end = 0;
    for (const match of text.matchAll(tokens)) {
      this.#tokens.push(match[1] ?? "");
      end = match.index + match[0].length;
    }
    if (text.slice(end).trim() !== "") throw this.#unknown();
  }

  whole(): Value {
    const value = this.#or();
    if (this.#tokens.length > 0) throw this.#unknown();
    return value;
  }

  #or(): Value {
    let left = this.#and();
    while (this.#take("||")) {
      const right = this.#and();
      left = truthy(left) ? left : right;
    }
    return left;
  }

  #and(): Value {
    let left = this.#equal();
    while (this.#take("&&")) {
      const right = this.#equal();
      left = truthy(left) ? right : left;
    }
    return left;
  }

  #equal(): Value {
    const left = this.#unary();
    if (this.#take("==")) return left === this.#unary();
    if (this.#take("!=")) return left !== this.#unary();
    return left;
  }

  #unary(): Value {
    if (this.#take("!")) return !truthy(this.#unary());
    if (this.#take("(")) {
      const value = this.#or();
      if (!this.#take(")")) throw this.#unknown();
      return value;
    }
    const token = this.#tokens.shift() ?? "";
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (this.#take("(")) {
      if (!this.#take(")")) throw this.#unknown();
      return this.#call(token);
    }
    return this.#look(token);
  }

  #call(name: string): boolean {
    const { failed, cancelled } = this.#status;
    if (name === "always") return true;
    if (name === "cancelled") return cancelled;
    if (name === "success") return !failed && !cancelled;
    if (name === "failure") return failed;
    throw this.#unknown();
  }

  /** Secrets and variables that nobody has set are empty; everything else must be there. */
  #look(path: string): Value {
    const [root = "", ...rest] = path.split(".");
    let value: Value | undefined = this.#context[root];
    for (const key of rest) value = typeof value === "object" ? value[key] : undefined;
    if (value !== undefined) return value;
    if (["secrets", "vars"].includes(root) && this.#context[root] !== undefined) return "";
    throw this.#unknown();
  }

  #take(token: string): boolean {
    if (this.#tokens[0] !== token) return false;
    this.#tokens.shift();
    return true;
  }

  #unknown(): Error {
    return new Error(`not known to this runner: ${this.#text}`);
  }
}
