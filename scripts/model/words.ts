const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/** 10000 → `10,000` */
export function figures(n: number): string {
  return String(n).replace(THOUSANDS, ",");
}

/** `1 client`, `12 clients`; `few` where the plural is not made with s. */
export function count(n: number, one: string, few = `${one}s`): string {
  return `${figures(n)} ${n === 1 ? one : few}`;
}

/** `a`, `a and b`, `a, b and c`; of more than `most` the first ones, and how many are left: `a, b and 12 more`. */
export function list(names: readonly string[], most: number): string {
  const shown = names.length > most ? [...names.slice(0, most), `${figures(names.length - most)} more`] : names;
  if (shown.length < 2) return shown.join("");
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** At most so many characters, the last of them `…` where more came. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
