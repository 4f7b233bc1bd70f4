import { describe, expect, test } from "vitest";
import { chooseTrials, type ServedRepository } from "../../scripts/serve/trials.ts";
import { client, group, registry, repository, server } from "../servers/nginx-samples.ts";

const NOW = 1_795_262_400;
const offer = (name: string, file: string | null = "a.txt"): ServedRepository => ({ name, path: `/${name}/`, file });

const sample = registry({
  repositories: {
    one: repository({ path: "/one/", root: "/srv/1" }),
    two: repository({ path: "/two/", root: "/srv/2" }),
  },
  groups: { all: group(["one", "two"]), second: group(["two"]), none: group([]) },
  clients: {
    alice: client({ groups: ["all"] }),
    bob: client({ groups: ["second"] }),
    carol: client({ groups: ["none"] }),
    dave: client({ groups: ["all"] }),
  },
  servers: { box: server({ names: ["box.example.com"] }) },
});

const chosen = (offers: readonly ServedRepository[], usable: readonly string[]) =>
  chooseTrials(sample, offers, usable, NOW).map(({ client: who, target, status }) => [who, target, status]);

describe("what to try", () => {
  test.each<[string, readonly ServedRepository[], readonly string[], unknown[]]>([
    [
      "one is let in, one is refused, and nobody, all for the same file",
      [offer("one"), offer("two")],
      ["alice", "bob"],
      [
        ["alice", "/one/a.txt", 200],
        ["bob", "/one/a.txt", 403],
        [null, "/one/a.txt", 400],
      ],
    ],
    [
      "a repository that both lets in and refuses comes before one that lets in only",
      [offer("two"), offer("one")],
      ["alice", "bob"],
      [
        ["alice", "/one/a.txt", 200],
        ["bob", "/one/a.txt", 403],
        [null, "/one/a.txt", 400],
      ],
    ],
    [
      "nobody is promised a file of an empty repository, but may well be refused there",
      [offer("one", null), offer("two")],
      ["alice", "bob"],
      [
        ["alice", "/two/a.txt", 200],
        ["bob", "/one/", 403],
        [null, "/two/a.txt", 400],
      ],
    ],
    [
      "where everybody reaches everything there is nobody to refuse",
      [offer("one")],
      ["alice", "dave"],
      [
        ["alice", "/one/a.txt", 200],
        [null, "/one/a.txt", 400],
      ],
    ],
    [
      "where nobody reaches anything there is nobody to let in",
      [offer("one")],
      ["carol"],
      [
        ["carol", "/one/a.txt", 403],
        [null, "/one/a.txt", 400],
      ],
    ],
    ["without clients there is still the one without a certificate", [offer("one")], [], [[null, "/one/a.txt", 400]]],
    ["without repositories there is nothing to try", [], ["alice"], []],
  ])("%s", (_, offers, usable, expected) => {
    expect(chosen(offers, usable)).toEqual(expected);
  });

  test("a file's name is encoded for a URL, its slashes are not", () => {
    expect(chosen([offer("one", "a b/c#?%.txt")], ["alice"])[0]).toEqual(["alice", "/one/a%20b/c%23%3F%25.txt", 200]);
  });
});
