# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # shared with root.sh and what else it reads
# What is asked of openssl. Versions from 1.1.1, and LibreSSL.

# Every use of it reads these, and no settings of the machine's own.
settings='[req]
distinguished_name = dn
string_mask = utf8only
[dn]
[ca]
default_ca = root
[root]
database = .work/index.txt
serial = .work/serial
crlnumber = .work/crlnumber
new_certs_dir = .work
policy = any
copy_extensions = none
crl_extensions = list
[any]
commonName = optional
[list]
authorityKeyIdentifier = keyid:always
[self]
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[issuing]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always'
configure() {
    say "$settings" >.work/openssl.cnf
    say 'unique_subject = no' >.work/index.txt.attr
    : >.work/index.txt
    OPENSSL_CONF=$dir/.work/openssl.cnf
    # What this machine trusts otherwise vouches for nothing here.
    SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null
    export OPENSSL_CONF SSL_CERT_FILE SSL_CERT_DIR
    root_key=root.key root_crt=root.crt
}

# escaped VALUE: as `openssl req -subj` reads it; sets escaped.
escaped() {
    escaped='' left=$1
    while [ -n "$left" ]; do
        character=${left%"${left#?}"}
        left=${left#?}
        case $character in [/+\\]) escaped=$escaped\\ ;; esac
        escaped=$escaped$character
    done
}

# said COMMAND…: runs it; where it fails, shows what it says, in printable ASCII.
said() {
    "$@" 2>.work/said && return
    while IFS= read -r line; do case $line in *[![:print:]]*) ;; *) say "  $line" ;; esac; done <.work/said >&2
    return 1
}
passphrase=
# Where openssl reads the passphrase: a document of the shell, which is a pipe, or a nameless file; never an argument.
with_key() {
    said openssl "$@" -passin fd:3 3<<END
$passphrase
END
}
new_key() {
    case $key in
        ec-p256) set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve ;;
        ec-p384) set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt ec_param_enc:named_curve ;;
        rsa-*) set -- -algorithm RSA -pkeyopt "rsa_keygen_bits:${key#rsa-}" ;;
        ed25519) set -- -algorithm ED25519 ;;
    esac
    # PBES2 with AES-256; openssl's own count of rounds is 2,048, and LibreSSL cannot be told another.
    rounds='-v2prf hmacWithSHA256 -iter 600000'
    case $(openssl version) in LibreSSL*) rounds='' ;; esac
    # shellcheck disable=SC2086 # words
    { openssl genpkey "$@" 2>.work/said | openssl pkcs8 -topk8 -v2 aes-256-cbc $rounds -passout fd:3 -out "$root_key"; } \
        3<<END
$passphrase
END
}

# key_of PUBLIC-KEY-FILE: sets kind (empty where we certify no such key) and fingerprint (of its SubjectPublicKeyInfo).
key_of() {
    objects='' bits='' exponent='' kind=''
    openssl asn1parse -in "$1" >.work/key.txt 2>/dev/null
    openssl pkey -pubin -in "$1" -noout -text >>.work/key.txt 2>/dev/null
    while IFS= read -r line; do
        case $line in
            *"OBJECT "*:*) objects=$objects:${line##*:} ;;
            *"Public-Key: ("*" bit)"*)
                bits=${line##*"("}
                bits=${bits%% *}
                ;;
            "Exponent: "*) exponent=${line#"Exponent: "} ;;
        esac
    done <.work/key.txt
    case $objects in
        :id-ecPublicKey:prime256v1) kind=ec-p256 ;;
        :id-ecPublicKey:secp384r1) kind=ec-p384 ;;
        :ED25519 | :Ed25519) kind=ed25519 ;;
        :rsaEncryption)
            [ "$exponent" != "65537 (0x10001)" ] || [ "$bits" -lt 3072 ] || [ "$bits" -gt 8192 ] || kind=rsa-$bits
            ;;
    esac
    fingerprint=$(openssl pkey -pubin -in "$1" -outform DER 2>/dev/null | openssl dgst -sha256)
    fingerprint=sha256:${fingerprint##* }
}
# name_of req|x509 FILE: its subject, sets name. Nothing but printable ASCII, whatever stands in it.
name_of() {
    name=$(openssl "$1" -in "$2" -noout -subject \
        -nameopt esc_2253,esc_ctrl,esc_msb,utf8,dump_nostr,dump_unknown,dump_der,sep_comma_plus_space,sname 2>/dev/null)
    name=${name#subject=}
    name=${name# }
}
serial_of() {
    serial=$(openssl x509 -in "$1" -noout -serial 2>/dev/null) || return 1
    serial=${serial#serial=}
}
# new_serial: 16 bytes, the first 0x40 to 0x7F: positive, and never shorter than the others.
new_serial() {
    serial=$(openssl rand -hex 16) || exit 1
    case $serial in
        [048c]*) serial=4${serial#?} ;;
        [159d]*) serial=5${serial#?} ;;
        [26ae]*) serial=6${serial#?} ;;
        *) serial=7${serial#?} ;;
    esac
    say "$serial" >.work/serial
}
# ends FILE: of a certificate; sets instant.
ends() {
    instant=$(openssl x509 -in "$1" -noout -enddate) || die "$dir/$1 cannot be read"
    instant "${instant#notAfter=}"
}
