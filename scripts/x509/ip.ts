/**
 * IP addresses between text and the bytes of a subjectAltName (RFC 5280, 4.2.1.6). The text is canonical:
 * dotted decimal without leading zeros; IPv6 as RFC 5952, 4 asks for.
 */

/** Text to 4 or 16 bytes; null for what is not an address. */
export function parseIp(text: string): Buffer | null {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** 4 or 16 bytes to text; null for any other number of them. */
export function formatIp(bytes: Uint8Array): string | null {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return null;
  const view = Buffer.from(bytes);
  const groups = Array.from({ length: 8 }, (_, index) => view.readUInt16BE(index * 2));
  const run = longestZeros(groups);
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

/** The canonical text of an address, or null. */
export function canonicalIp(text: string): string | null {
  const bytes = parseIp(text);
  return bytes === null ? null : formatIp(bytes);
}

function parseIpv4(text: string): Buffer | null {
  const parts = text.split(".");
  const valid = parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return valid ? Buffer.from(parts.map(Number)) : null;
}

function parseIpv6(text: string): Buffer | null {
  const halves = text.split("::");
  if (halves.length > 2 || text.length > 45) return null;
  const [head, tail] = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (!head || tail === null) return null;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** Groups of 16 bits on one side of `::`; the last of all may be an IPv4 address. */
function groupsOf(half: string, last: boolean): number[] | null {
  if (half === "") return [];
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [index, part] of parts.entries()) {
    const ipv4 = last && index === parts.length - 1 && part.includes(".") ? parseIpv4(part) : null;
    if (ipv4) groups.push(ipv4.readUInt16BE(0), ipv4.readUInt16BE(2));
    else if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
