import { contentDigest } from "../../scripts/model/content.ts";

/** With one bit that is another. */
export function flipped(data: Buffer): Buffer {
  const middle = Math.floor(data.length / 2);
  data[middle] = (data[middle] ?? 0) ^ 1;
  return data;
}

/** With a checksum that fits. */
export function byOtherCode(data: Buffer): string {
  const [, format, code = "", ...rest] = data.toString("utf8").split("\n");
  const body = [format, code.replace(/^./, (digit) => (digit === "0" ? "1" : "0")), ...rest].join("\n");
  return `${contentDigest(body).slice("sha256:".length)}\n${body}`;
}
