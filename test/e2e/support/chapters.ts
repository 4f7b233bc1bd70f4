import { test } from "vitest";

type Tell = () => void | Promise<void>;

/**
 * A story whose chapters each go on where the last one ended: one test, so that none is run without those before it. A
 * failure begins with the chapter's title. Returns what adds a chapter.
 */
export function chapters(sentence: string): (title: string, tell: Tell) => void {
  const all: (readonly [title: string, tell: Tell])[] = [];
  test(sentence, async () => {
    for (const [title, tell] of all) {
      try {
        await tell();
      } catch (error) {
        if (error instanceof Error) error.message = `${title}: ${error.message}`;
        throw error;
      }
    }
  });
  return (title, tell) => {
    all.push([title, tell]);
  };
}
