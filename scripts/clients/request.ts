import { NAME, path } from "../model/layout.ts";
import type { KeyType } from "../model/registry.ts";

/** By the names of `openssl genpkey`, OpenSSL's and LibreSSL's. */
const GENPKEY: Readonly<Record<KeyType, string>> = {
  "ec-p256": "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
  "ec-p384": "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
  "rsa-3072": "-algorithm RSA -pkeyopt rsa_keygen_bits:3072",
  "rsa-4096": "-algorithm RSA -pkeyopt rsa_keygen_bits:4096",
  ed25519: "-algorithm ED25519",
};

/**
 * A script (POSIX sh) that makes key and request on the client; the key stays there. Of the request only the public key
 * counts. With --new the next key goes beside the present one, and install.sh puts it in place with its certificate.
 * @throws Error for a name that is none
 */
export function renderRequestScript(name: string, key: KeyType): string {
  if (!NAME.test(name)) throw new Error(`not a name: ${JSON.stringify(name)}`);
  return `#!/bin/sh
# Made by Gatehouse for ${name}: makes a key that never leaves this machine, and ${name}.req to hand over.
#
#   sh ${name}-request.sh          uses the key that is there, or makes one
#   sh ${name}-request.sh --new    makes another key, for when this one is to be replaced
#
# Then put ${name}.req into the repository as ${path.request(name)}, by a pull request.
set -eu
umask 077

die() {
    printf '%s\\n' "$@" >&2
    exit 1
}

root='' file=key.pem
while [ $# -gt 0 ]; do
    case $1 in
        --new) file=next-key.pem ;;
        --root)
            [ -d "\${2:-}" ] || die "--root needs a directory"
            root=$2
            shift
            ;;
        *) die "unknown: $1" "flags: --new, --root DIR" ;;
    esac
    shift
done
case $(uname -s) in
    FreeBSD | DragonFly | Darwin) etc=/usr/local/etc/gatehouse-client ;;
    NetBSD) etc=/usr/pkg/etc/gatehouse-client ;;
    *) etc=/etc/gatehouse-client ;;
esac
command -v openssl >/dev/null 2>&1 || die "openssl is not installed"
(umask 022 && mkdir -p "$root$etc") || die "run it as root"

key=$root$etc/$file
if [ -f "$key" ]; then
    printf '%s\\n' "$key is there: the request is for this key"
else
    draft=$key.$$
    trap 'rm -f "$draft"' EXIT
    openssl genpkey ${GENPKEY[key]} -out "$draft"
    mv "$draft" "$key"
    trap - EXIT
    printf '%s\\n' "$key is new"
fi
openssl req -new -key "$key" -subj "/CN=${name}" -out "${name}.req.$$"
chmod 0644 "${name}.req.$$"
mv "${name}.req.$$" "${name}.req"
printf '%s\\n' "${name}.req is the request. The fingerprint of its key, for the reviewer:"
openssl pkey -in "$key" -pubout -outform DER | openssl dgst -sha256 -r | sed 's/^/sha256:/; s/ .*//'
`;
}
