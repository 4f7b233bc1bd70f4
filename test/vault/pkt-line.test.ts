import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketPipe } from "../../scripts/vault/pkt-line.ts";
import { scratch } from "../system/scratch.ts";

function reading<T>(file: string, read: (pipe: PacketPipe) => T): T {
  const descriptor = openSync(file, "r");
  try {
    return read(new PacketPipe(descriptor, -1));
  } finally {
    closeSync(descriptor);
  }
}

test("what is written is read again, of any length", () => {
  const file = join(scratch(), "packets");
  const sizes = fc.oneof(fc.nat(300), fc.constantFrom(65515, 65516, 65517, 200_000));
  fc.assert(
    fc.property(
      fc.array(sizes, { maxLength: 4 }),
      fc.array(fc.string({ unit: "grapheme-ascii", minLength: 1 })),
      (lengths, lines) => {
        const contents = lengths.map((length) => Buffer.alloc(length, "x\n\0"));
        const descriptor = openSync(file, "w");
        const pipe = new PacketPipe(-1, descriptor);
        pipe.writeLines(...lines);
        for (const content of contents) pipe.writeContent(content);
        closeSync(descriptor);
        reading(file, (back) => {
          expect(back.readLines()).toEqual(lines);
          for (const content of contents) expect(back.readContent()?.equals(content)).toBe(true);
          expect(back.readLines()).toBeNull();
        });
      },
    ),
    { numRuns: 40 },
  );
});

test("git that hangs up halfway is an end; what is no packet is an error", () => {
  const file = join(scratch(), "packets");
  writeFileSync(file, "0009hello0009hel");
  expect(reading(file, (pipe) => pipe.readContent())).toBeNull();
  writeFileSync(file, "0003");
  expect(() => reading(file, (pipe) => pipe.readContent())).toThrow("no packet");
  writeFileSync(file, "zzzz");
  expect(() => reading(file, (pipe) => pipe.readLines())).toThrow("no packet");
});
