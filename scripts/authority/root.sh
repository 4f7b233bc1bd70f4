#!/bin/sh
# The offline root of an authority of two tiers, for a machine of its own without network. It needs sh, openssl (1.1.1 or
# later, or LibreSSL) and date, mkdir, mv, rm, stty, sync.
#
# Facts are files: issued/SERIAL.crt, and revoked/SERIAL, which is that certificate's line for openssl's database; such a
# database lives as long as one command.
set -u
umask 077
LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$@"; }
die() {
    printf 'root.sh: %s\n' "$1" >&2
    shift
    for hint; do printf '  %s\n' "$hint" >&2; done
    exit 1
}
usage() {
    say "sh root.sh init --common-name NAME --organization NAME [--country CC] [--key TYPE] [--lifetime 20y]"
    say "sh root.sh sign REQUEST [--lifetime 10y] [--yes]   an issuing authority's certificate"
    say "sh root.sh crl [--lifetime 1y]                     the root's revocation list, anew"
    say "sh root.sh revoke CERTIFICATE|SERIAL [REASON] [--lifetime 1y] [--yes]"
    say ""
    say "--dir DIR     where the root is; without it: here"
    say "--key TYPE    ec-p384 (as it is without), ec-p256, rsa-3072, rsa-4096, ed25519"
    say "--lifetime N  90m 12h 30d 8w 1y; revoke: of the list, which it signs anew"
    say "--yes         does not ask"
    say "REASON        keyCompromise affiliationChanged superseded cessationOfOperation unspecified"
    say ""
    say "The passphrase is asked for, or is the first line of GATEHOUSE_CA_PASSPHRASE_FILE."
}

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here" && pwd -P) || exit 1
for part in time place openssl passphrase sign; do
    [ -f "$here/$part.sh" ] || die "$here/$part.sh is missing" "root.sh wants the whole of the directory scripts/authority"
done
# shellcheck source=scripts/authority/time.sh
. "$here/time.sh"
# shellcheck source=scripts/authority/place.sh
. "$here/place.sh"
# shellcheck source=scripts/authority/openssl.sh
. "$here/openssl.sh"
# shellcheck source=scripts/authority/passphrase.sh
. "$here/passphrase.sh"
# shellcheck source=scripts/authority/sign.sh
. "$here/sign.sh"

command=${1-}
[ $# -eq 0 ] || shift
case $command in
    init | sign | crl | revoke) ;;
    -h | --help | help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 1
        ;;
esac
dir=. cn='' organization='' country='' key=ec-p384 lifetime='' yes='' operand='' reason=''
while [ $# -gt 0 ]; do
    case $command:$1 in
        revoke:--yes | sign:--yes)
            yes=yes
            shift
            continue
            ;;
        init:--common-name) cn=${2-} ;;
        init:--organization) organization=${2-} ;;
        init:--country) country=${2-} ;;
        init:--key) key=${2-} ;;
        *:--lifetime) lifetime=${2-} ;;
        *:--dir) dir=${2-} ;;
        *:-*) die "$command does not know $1" "sh root.sh --help" ;;
        *)
            case $command${operand:+2}${reason:+3} in
                sign | revoke) operand=$1 ;;
                revoke2) reason=$1 ;;
                *) die "$command takes no $1" "sh root.sh --help" ;;
            esac
            shift
            continue
            ;;
    esac
    case ${2-} in '' | --*) die "$1 wants a value" "sh root.sh --help" ;; esac
    shift 2
done
case $command in sign | revoke) [ -n "$operand" ] || die "$command what?" "sh root.sh --help" ;; esac
case $operand in /* | '') ;; *) operand=$PWD/$operand ;; esac
passphrase_file=${GATEHOUSE_CA_PASSPHRASE_FILE-}
case $passphrase_file in /* | '') ;; *) passphrase_file=$PWD/$passphrase_file ;; esac

# text WHAT VALUE: of a name in a certificate.
text() {
    [ -n "$2" ] || die "init wants $1" "sh root.sh --help"
    case $2 in *[[:cntrl:]]*) die "$1 has control characters" ;; esac
}

[ "$command" != init ] || {
    text --common-name "$cn"
    text --organization "$organization"
    case $country in '' | [A-Za-z][A-Za-z]) ;; *) die "--country is two letters, such as DE" ;; esac
    case $key in
        ec-p256 | ec-p384 | rsa-3072 | rsa-4096 | ed25519) ;;
        *) die "--key $key is not known" "ec-p384, ec-p256, rsa-3072, rsa-4096 or ed25519" ;;
    esac
}
# openssl ca knows no others before version 3; certificateHold is not for a CA.
case $reason in
    '' | keyCompromise | affiliationChanged | superseded | cessationOfOperation | unspecified) ;;
    *) die "$reason is no reason here" "keyCompromise affiliationChanged superseded cessationOfOperation unspecified" ;;
esac
case $command in init) default=20y ;; sign) default=10y ;; *) default=1y ;; esac
seconds "${lifetime:-$default}"
wanted=$seconds

init() {
    if [ -f root.crt ] && [ "$finished" = yes ]; then
        carry root.crt root.crl
        return
    fi
    for name in root.key root.crt root.crl; do
        [ ! -e $name ] || die "there is a root in $dir: $name" "Another one goes into a directory of its own: --dir DIR"
    done
    new_passphrase
    root_key=.work/out/root.key root_crt=.work/out/root.crt root_kind=$key root_end=$((now + wanted))
    new_key || die "openssl made no key"
    escaped "$cn"
    subject=/CN=$escaped
    escaped "$organization"
    subject=$subject/O=$escaped${country:+/C=$country}
    digest "$key"
    case $digest in default) set -- ;; *) set -- "-$digest" ;; esac
    with_key req -new -utf8 -key "$root_key" -subj "$subject" "$@" -out .work/root.req ||
        die "openssl takes no such name" "In UTF-8, and 64 characters at most."
    certify self .work/root.req "$root_crt" "$root_end" -selfsign
    lifetime=
    make_crl 31536000
    commit
    civil "$root_end"
    say "The root is made: $name, $key, until $day."
    say "root.key is worth nothing without its passphrase, and the passphrase nothing without it: keep copies of both, apart."
    say "" "In the repository: npm run authority -- request. Bring what it writes here, and:"
    say "  sh root.sh sign issuing.req"
}

judge() {
    # Read once: what is judged is what is signed.
    said openssl req -in "$operand" -out .work/issuing.req || die "$operand is no certificate request"
    openssl req -in .work/issuing.req -noout -pubkey >.work/key.pub
    # The exit code is 0 for a bad signature too.
    case $(openssl req -in .work/issuing.req -noout -verify 2>&1) in
        *"verify OK"*) ;;
        *) die "the request's signature was not made by the key in it" "Bring it again." ;;
    esac
    key_of .work/key.pub
    [ -n "$kind" ] || die "the key in the request is not certified" "P-256, P-384, Ed25519 and RSA from 3072 bits with exponent 65537 are."
    [ "$fingerprint" != "$root_fingerprint" ] || die "the request's key is the root's own"
    name_of x509 root.crt
    root_name=$name
    name_of req .work/issuing.req
    [ -n "$name" ] || die "the request names nobody"
    [ "$name" != "$root_name" ] || die "the request has the root's own name" "The issuing authority wants another common name."
}
sign() {
    need_root
    unlock
    judge
    if [ "$finished" = yes ] && [ -f issuing.crt ]; then
        openssl x509 -in issuing.crt -noout -pubkey >.work/issued.pub
        requested=$fingerprint
        key_of .work/issued.pub
        if [ "$requested" = "$fingerprint" ]; then
            carry root.crt issuing.crt root.crl
            return
        fi
    fi
    until_root $((now + wanted))
    end=$instant
    civil "$now"
    say "now          $day $time UTC, by this machine's clock" "subject      $name" "key          $kind"
    say "fingerprint  $fingerprint"
    civil "$end"
    say "until        $day" "" "npm run authority, in the repository, shows the same fingerprint if nobody changed the request on its way."
    confirm "Sign it?"
    digest "$root_kind"
    certify issuing .work/issuing.req .work/issuing.crt "$end" -cert root.crt
    serial_of .work/issuing.crt
    openssl x509 -in .work/issuing.crt -out .work/out/issuing.crt
    openssl x509 -in .work/issuing.crt -out ".work/out/issued/$serial.crt"
    commit
    say "issuing.crt is signed: serial $serial."
    carry root.crt issuing.crt root.crl
}

crl() {
    need_root
    unlock
    make_crl "$wanted"
    commit
    say "root.crl is signed: number $number."
    carry root.crl
}

# What is to be revoked as .work/revoke.crt; sets serial.
find_certificate() {
    given=${operand##*/}
    if [ -f "issued/$given.crt" ]; then operand=$dir/issued/$given.crt; fi
    [ -f "$operand" ] || die "$given is no file, and no serial number of a certificate in $dir/issued" \
        "Serial numbers are in upper-case hex: openssl x509 -noout -serial -in FILE"
    said openssl x509 -in "$operand" -out .work/revoke.crt || die "$operand is no certificate"
    serial_of root.crt
    root_serial=$serial
    serial_of .work/revoke.crt
    [ "$serial" != "$root_serial" ] || die "a root cannot revoke itself" "Make another, in a directory of its own, for a new generation of the authority."
    openssl verify -no_check_time -CAfile root.crt .work/revoke.crt >/dev/null 2>&1 ||
        openssl verify -CAfile root.crt .work/revoke.crt >/dev/null 2>&1 ||
        die "the certificate of serial $serial was not issued by this root"
}
revoke() {
    need_root
    find_certificate
    unlock
    name_of x509 .work/revoke.crt
    if [ -f "revoked/$serial" ]; then
        say "$name, serial $serial, is revoked already. The list is signed anew."
    else
        say "subject  $name" "serial   $serial" "reason   ${reason:-unspecified}" ""
        say "Whoever has a certificate of this authority is refused as soon as the servers have the new list. Nothing undoes it."
        confirm "Revoke it?"
        [ "$reason" != unspecified ] || reason=
        ends .work/revoke.crt
        civil "$instant"
        end=$stamp
        civil "$now"
        printf 'R\t%s\t%s\t%s\tunknown\t/CN=%s\n' "$end" "$stamp${reason:+,$reason}" "$serial" "$serial" >".work/out/revoked/$serial"
        openssl x509 -in .work/revoke.crt -out ".work/out/issued/$serial.crt"
    fi
    make_crl "$wanted"
    commit
    say "root.crl is signed: number $number. Serial $serial is on it."
    carry root.crl
}

enter
configure
$command
