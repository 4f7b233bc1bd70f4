import type { Entry, Files, Mode, Objects } from "./objects.ts";

/** The same tree with something put at a path; what lies below it, or is in its way, goes. */
export function put(files: Files, path: string, entry: Entry): Files {
  const kept = [...without(files, path)].filter(([other]) => !path.startsWith(`${other}/`));
  return new Map([...kept, [path, entry]]);
}

/** Without a path and all that lies below it. */
export function without(files: Files, path: string): Files {
  return new Map([...files].filter(([other]) => other !== path && !other.startsWith(`${path}/`)));
}

export function below(files: Files, directory: string): string[] {
  return [...files.keys()].filter((path) => path.startsWith(`${directory}/`)).sort();
}

/** The same tree with everything below a directory as another has it. */
export function replaceBelow(files: Files, directory: string, from: Files): Files {
  const inside = (path: string) => path === directory || path.startsWith(`${directory}/`);
  return new Map([...[...files].filter(([path]) => !inside(path)), ...[...from].filter(([path]) => inside(path))]);
}

export function write(objects: Objects, files: Files, path: string, text: string, mode: Mode = "100644"): Files {
  return put(files, path, { mode, id: objects.blob(text) });
}

/** The text of a file; null where none is. */
export function textAt(objects: Objects, files: Files, path: string): string | null {
  const entry = files.get(path);
  return entry === undefined || entry.mode === "160000" || entry.mode === "120000" ? null : objects.text(entry.id);
}

/** Paths at which two trees differ, sorted. */
export function differing(a: Files, b: Files): string[] {
  const paths = new Set([...a.keys(), ...b.keys()]);
  const same = (path: string) => a.get(path)?.id === b.get(path)?.id && a.get(path)?.mode === b.get(path)?.mode;
  return [...paths].filter((path) => !same(path)).sort();
}
