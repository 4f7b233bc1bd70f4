import type { DerivedFile } from "../../scripts/model/derived.ts";

/** What the rendered files of one program say, read back as that program would: an independent witness for the tests. */
export class RenderedFiles {
  readonly #texts: ReadonlyMap<string, string>;

  constructor(files: readonly DerivedFile[], directory: string) {
    this.#texts = new Map(files.map((file) => [file.path.replace(directory, ""), "text" in file ? file.text : ""]));
  }

  get names(): string[] {
    return [...this.#texts.keys()];
  }

  text(name: string): string {
    const text = this.#texts.get(name);
    if (text === undefined) throw new Error(`no ${name} among ${this.names.join(" ")}`);
    return text;
  }
}
