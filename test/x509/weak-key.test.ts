import { createECDH, generateKeyPairSync } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { readRequest } from "../../scripts/x509/request.ts";
import { hasCloseFactors } from "../../scripts/x509/weak-rsa.ts";
import {
  bigOf,
  ed25519Request,
  nextPrime,
  pairOf,
  randomPrime,
  requestBy,
  requestOf,
  rocaPrime,
  rsaRequest,
} from "./helpers/bad-keys.ts";
import { directory, must } from "./helpers/programs.ts";

const problem = (pem: string) => {
  const request = readRequest(Buffer.from(pem));
  return request.ok ? "accepted" : request.problem;
};

/** openssl says that whoever made the request has the key. */
const believed = (pem: string) => must("openssl", ["req", "-verify", "-noout", "-in", "a"], directory({ a: pem }));

describe("an RSA key that is none, though its request is signed by it", () => {
  const square = () => {
    const prime = randomPrime(1024);
    return rsaRequest(prime * prime, prime * (prime - 1n));
  };
  const prime = () => {
    const modulus = randomPrime(2048);
    return rsaRequest(modulus, modulus - 1n);
  };
  const close = () => {
    const one = randomPrime(1024);
    return requestOf(one, nextPrime(one));
  };
  test.each([
    ["the modulus is a prime", prime, "the RSA modulus is a prime itself"],
    ["a factor is 3", () => requestOf(3n, randomPrime(2047)), "the RSA modulus is divisible by 3"],
    [
      "a factor is 65,521, the last prime of two bytes",
      () => requestOf(65521n, randomPrime(2040)),
      "divisible by 65521",
    ],
    ["all factors are small", () => requestOf(...smooth()), "the RSA modulus is divisible by 32771"],
    ["the primes are neighbours", close, "so close together that anybody finds them"],
    ["the modulus is a square", square, "so close together that anybody finds them"],
    ["faulty chips made its primes", () => requestOf(rocaPrime(), rocaPrime()), "by a faulty chip"],
  ])("%s", (_, make, sentence) => {
    const pem = make();
    expect(believed(pem)).toContain("verify OK");
    expect(problem(pem)).toContain(sentence);
    expect(problem(pem)).toContain(sentence);
  });

  /** 137 different primes of 15 bits and more. */
  function smooth(): bigint[] {
    const primes: bigint[] = [];
    for (let prime = 32768n; primes.length < 137; ) {
      prime = nextPrime(prime);
      primes.push(prime);
    }
    return primes;
  }

  it("is of a length that we take, or its modulus is not looked at", () => {
    const modulus = 3n ** 6000n;
    expect(problem(rsaRequest(modulus, 2n * 3n ** 5999n))).toContain("the RSA key has 9510 bits");
  });
});

test("Fermat's method is given 100 rounds", () => {
  const p = randomPrime(1024) | 1n;
  const found = [98n, 99n, 100n, 101n].map((rounds) => {
    // (p+q)/2 is this far from the root of pq where the distance of p and q is the root of 8·rounds·p.
    const distance = rootOf(8n * p * rounds + 4n * p) & ~1n;
    return hasCloseFactors(p * (p + distance));
  });
  expect(found).toEqual([true, true, false, false]);
});

function rootOf(n: bigint): bigint {
  let root = 1n << BigInt(n.toString(2).length);
  for (let next = root; next <= root; next = (root + n / root) >> 1n) {
    if (next === root && root * root <= n) return root;
    root = next;
  }
  return root;
}

test.each([2048, 3072, 4096])("an RSA key of %i bits as openssl makes them is a real one", (modulusLength) => {
  for (let count = 8192 / modulusLength; count > 0; count--) {
    const pair = generateKeyPairSync("rsa", { modulusLength });
    expect(problem(requestBy(pair))).toBe("accepted");
  }
});

describe.each([
  ["P-256", "prime256v1", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"],
  ["P-384", "secp384r1", `${"f".repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`],
  ["P-521", "secp521r1", `01${"f".repeat(64)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`],
])("a private scalar on %s", (crv, curve, order) => {
  const request = (scalar: bigint) => {
    const hex = scalar.toString(16);
    const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
    const ecdh = createECDH(curve);
    ecdh.setPrivateKey(bytes);
    return requestBy(pairOf(crv, bytes, ecdh.getPublicKey()));
  };

  it("is no tiny number, nor one as near to the order", () => {
    for (const scalar of [1n, 2n, 3n, 512n, 1000n, 1023n, 1024n]) {
      expect(problem(request(scalar)), String(scalar)).toContain("a tiny number, which anybody finds");
      expect(problem(request(BigInt(`0x${order}`) - scalar))).toContain("a tiny number, which anybody finds");
    }
  });

  it("is any other", () => {
    for (const scalar of [1025n, 2n ** 200n, bigOf(Buffer.alloc(30, 7))]) {
      expect(problem(request(scalar))).toBe("accepted");
    }
  });
});

describe("a public key of Ed25519", () => {
  const hex = (text: string) => Buffer.from(text.padEnd(64, "0"), "hex");
  const HIGH = `${"ff".repeat(30)}7f`;
  /** R the neutral element and S zero: what is signed does not matter. */
  const NOTHING = Buffer.concat([hex("01"), Buffer.alloc(32)]);

  it("is none of small order: under the neutral element anything is signed, as OpenSSL 3.0 sees it", () => {
    expect(problem(ed25519Request(hex("01"), NOTHING))).toContain("a point of small order");
  });

  test.each([
    "00",
    "01",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    `ec${HIGH}`,
    `ed${HIGH}`,
    `ee${HIGH}`,
  ])("is none of small order: %s, with either sign", (point) => {
    const signed = hex(point);
    signed.writeUInt8(signed.readUInt8(31) | 0x80, 31);
    for (const bytes of [hex(point), signed]) expect(problem(ed25519Request(bytes, NOTHING))).toContain("small order");
  });

  it("has one form", () => {
    expect(problem(ed25519Request(hex(`f0${HIGH}`), NOTHING))).toContain("always written in");
  });
});
