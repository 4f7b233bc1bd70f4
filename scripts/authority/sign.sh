# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # shared with root.sh and what else it reads
# What the root signs, and whether it may.

# How the root signs: the hash as strong as its key, as everywhere in Gatehouse. Sets digest.
digest() {
    case $1 in
        ec-p384 | rsa-4096) digest=sha384 ;;
        ed25519) digest=default ;;
        *) digest=sha256 ;;
    esac
}

# A root that is here, has not ended, and a clock that has not gone back. Sets root_end.
need_root() {
    for name in root.key root.crt; do
        [ -f $name ] || die "there is no $name in $dir" "--dir DIR, or make a root: sh root.sh init ..."
    done
    ends root.crt
    root_end=$instant
    begin=$(openssl x509 -in root.crt -noout -startdate)
    instant "${begin#notBefore=}"
    civil "$now"
    [ "$now" -ge "$instant" ] || die "by this machine's clock it is $day $time UTC, before the root was made" "Set the clock."
    [ "$now" -lt "$root_end" ] || die "the root has ended, by this machine's clock, which says $day $time UTC" \
        "If the clock is right: a new root, in a directory of its own"
}
# until_root END [MARGIN]: what ends, at the latest with the root. Sets instant.
until_root() {
    instant=$1
    [ "$instant" -le $((root_end - ${2:-0})) ] || {
        civil "$root_end"
        [ -z "$lifetime" ] || die "--lifetime $lifetime is longer than the root lasts: it ends on $day" "without --lifetime: until then"
        say "The root ends on $day: so does this."
        instant=$((root_end - ${2:-0}))
    }
}
# crl DURATION: the root's list of what is in revoked/ and in .work/out/revoked/.
make_crl() {
    number=$now
    if [ -f root.crl ]; then
        last=$(openssl crl -in root.crl -noout -lastupdate) || die "$dir/root.crl cannot be read" "If it is lost: rm root.crl"
        instant "${last#lastUpdate=}"
        civil "$now"
        [ "$now" -ge "$instant" ] || die "by this machine's clock it is $day $time UTC, before the last list was signed" "Set the clock."
        last=$(openssl crl -in root.crl -noout -crlnumber)
        last=${last#crlNumber=}
        last=$((0x${last#0x}))
        [ "$last" -lt "$number" ] || number=$((last + 1))
    fi
    printf '%010X\n' "$number" >.work/crlnumber
    for entry in revoked/* .work/out/revoked/*; do
        [ ! -f "$entry" ] || { IFS= read -r line <"$entry" && say "$line"; }
    done >.work/index.txt
    # openssl counts from when it signs, a little after now.
    until_root $((now + $1)) 300
    [ "$instant" -gt "$now" ] || die "the root ends within minutes"
    crl_end=$instant
    digest "$root_kind"
    with_key ca -gencrl -md "$digest" -crlsec $((crl_end - now)) -cert "$root_crt" -keyfile "$root_key" -out .work/out/root.crl ||
        die "openssl made no revocation list"
    verified=$(openssl crl -in .work/out/root.crl -CAfile "$root_crt" -noout 2>&1)
    case $verified in *"verify OK"*) ;; *) die "the revocation list that openssl made does not verify" ;; esac
}
# certify SECTION REQUEST FILE END MORE…: what the root signs: this request's key and name, nothing else of it.
certify() {
    new_serial
    section=$1 request=$2 out=$3
    # A server whose clock is a little behind takes the certificate all the same.
    civil $((now - 300))
    from=$stamp
    civil "$4"
    shift 4
    with_key ca -batch -notext -preserveDN -extensions "$section" -startdate "$from" -enddate "$stamp" -md "$digest" \
        -keyfile "$root_key" -in "$request" -out "$out" "$@" || die "openssl made no certificate"
    name_of req "$request"
    requested=$name
    name_of x509 "$out"
    [ "$name" = "$requested" ] || die "openssl changed the name: $name"
    said openssl verify -x509_strict -CAfile "$root_crt" "$out" >/dev/null || die "the certificate that openssl made does not verify"
}
# carry FILE…
carry() {
    say "" "Carry to the repository, and there:"
    say "  npm run authority -- take $*"
    [ "$1" != root.crt ] || {
        openssl x509 -in root.crt -noout -pubkey >.work/root.pub
        key_of .work/root.pub
        say "It shows the root's fingerprint. If nobody changed root.crt on its way, that is" "  $fingerprint"
    }
    [ ! -f root.crl ] || {
        end=$(openssl crl -in root.crl -noout -nextupdate)
        instant "${end#nextUpdate=}"
        civil "$instant"
        say "" "The root's list ends on $day: before that, here, sh root.sh crl. Without it every server refuses everybody."
    }
}
