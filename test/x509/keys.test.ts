import { expect, test } from "vitest";
import { KEY_TYPES } from "../../scripts/model/registry.ts";
import { keyTypeOf, publicKeyFacts } from "../../scripts/x509/keys.ts";
import { pair, spkiOf } from "./helpers/made.ts";

test.each(KEY_TYPES)("a key of type %s is known as one, from its bits and from Node's object", (type) => {
  const { publicKey, privateKey } = pair(type);
  expect(publicKeyFacts(spkiOf(publicKey)).keyType).toBe(type);
  expect(keyTypeOf(privateKey)).toBe(type);
});
