/**
 * A file that is a function of registry, state and instant. `copyOf` names another file of the repository
 * whose bytes it repeats (keys: they are copied as they are, sealed or not). Text is ASCII.
 */
export type DerivedFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly copyOf: string };
