#!/bin/sh
# Fetches this client's next certificate when the present one is near its end: for cron or a timer, once a day.
#
#   sh renew.sh [--force]
#
# --force: also before the certificate is in its renewal window. It lies in the directory of credentials, beside
# bundle.conf and files. Exit codes: 0 renewed, or nothing to do (then it says nothing); 1 something is wrong, such as a
# server that cannot be reached; 2 the server refuses this client. What was there is as it was.
#
# A program that is missing or fails has no answer, and that is no good one: every answer is looked at before it is
# believed, or its exit code is. A pipe has only that of its last program.
set -u
umask 077
LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$*"; }
code=1
die() {
    printf 'renew.sh: %s\n' "$1" >&2
    shift
    for hint; do printf '  %s\n' "$hint" >&2; done
    exit $code
}

force=
while [ $# -gt 0 ]; do
    case $1 in
        --force) force=yes ;;
        -h | --help)
            sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"
            exit 0
            ;;
        *) die "unknown: $1" "sh renew.sh --help" ;;
    esac
    shift
done

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here" && pwd -P) || exit 1
cd "$here" || exit 1
# Installed with --root DIR, everything else lies below DIR as well.
case $here in
    */usr/pkg/etc/gatehouse-client) system=netbsd root=${here%/usr/pkg/etc/gatehouse-client} ;;
    */usr/local/etc/gatehouse-client)
        system=freebsd root=${here%/usr/local/etc/gatehouse-client}
        kernel=$(uname -s) || die "uname does not work here"
        [ "$kernel" != Darwin ] || system=macos
        ;;
    */etc/gatehouse-client) system=linux root=${here%/etc/gatehouse-client} ;;
    *) die "$here is not where install.sh puts credentials" "run the copy that it installed" ;;
esac
for file in bundle.conf files ca.pem; do [ -f $file ] || die "$here/$file is missing" "install the bundle again"; done
command -v openssl >/dev/null 2>&1 || die "openssl is not here" "install it"

# value KEY PATTERN: of bundle.conf, which is data. No | in the pattern.
value() { sed -n "\\|^$1=$2\$|{s/^$1=//p;q;}" bundle.conf; }
name=$(value name '[a-z0-9][a-z0-9._-]\{0,62\}')
window=$(value renew-before '[0-9][0-9]*')
kind=$(value key '[a-z]*')
url=$(value renew-url 'https://[A-Za-z0-9:.[-]*[]A-Za-z0-9:.-]*/[A-Za-z0-9/._~-]*')
trust=$(value renew-ca '[a-z-]*')
damaged() { die "$here/bundle.conf is damaged: $1" "install the bundle again"; }
[ -n "$name" ] || damaged name
[ -n "$window" ] || damaged renew-before
case $kind in managed | request) ;; *) damaged "key=$kind" ;; esac

super=
me=$(id -u) || die "id does not work here"
[ "$me" -ne 0 ] || super=yes
apt_user=
if [ -r "$root/etc/passwd" ]; then
    while IFS=: read -r user _ number _; do [ "$user" != _apt ] || apt_user=$number; done <"$root/etc/passwd"
fi

# One at a time. A link is made whole or not at all, and says whose it is.
if ! ln -s $$ .renewing 2>/dev/null; then
    other=$(readlink .renewing) || [ ! -h .renewing ] || die "$here/.renewing cannot be read: another run may be at work"
    [ -z "$other" ] || ! kill -0 "$other" 2>/dev/null || exit 0
    rm -f .renewing
    ln -s $$ .renewing || die "$here cannot be written"
fi
work=.new.$$
trap 'rm -rf "$work" .renewing' EXIT
trap 'exit 1' HUP INT TERM
# What a killed run left.
rm -rf .new.* .link.*
mkdir "$work" "$work/none" || die "$here cannot be written"

# mv moves into what a link leads to, unless told otherwise: -T with GNU and busybox, -h on FreeBSD, NetBSD and macOS.
rename_link() { mv -T -f "$1" "$2" 2>/dev/null || mv -h -f "$1" "$2"; }

# link TARGET NAME, in one step.
link() {
    rm -f .link.$$
    ln -s "$1" .link.$$ && rename_link .link.$$ "$2"
}

# certificate FILE: all that is asked of one, in one go: $public, its key; $end, when it ends, in words and as digits
# that compare, 20261121120000, in $ends; $begins, in digits; $serial; $common_name. 1 where any of it cannot be told.
certificate() {
    public='' start='' end='' begins='' ends='' serial='' common_name=''
    said=$(openssl x509 -in "$1" -noout -serial -startdate -enddate -subject -nameopt multiline -pubkey 2>/dev/null) || return 1
    while IFS= read -r line; do
        case $line in
            serial=*) serial=${line#*=} ;;
            notBefore=*) start=${line#*=} ;;
            notAfter=*) end=${line#*=} ;;
            ' '*commonName*' = '*) common_name=$common_name${line#*' = '} ;;
            ' '* | subject=*) ;;
            *) public="$public$line
" ;;
        esac
    done <<END
$said
END
    case $serial in '' | *[!0-9A-F]*) return 1 ;; esac
    # shellcheck disable=SC2086 # words: Nov 21 12:00:00 2026 GMT
    begins=$(digits $start) && ends=$(digits $end) && [ -n "$public" ]
}

# WORDS...: of a time, as openssl prints it.
digits() {
    [ $# = 5 ] || return 1
    before=JanFebMarAprMayJunJulAugSepOctNovDec
    before=${before%"$1"*}
    [ ${#before} -lt 36 ] || return 1
    month=0$((${#before} / 3 + 1))
    day=0$2
    time=${3%:??}
    digits=$4${month#"${month%??}"}${day#"${day%??}"}${time%:??}${time#??:}${3#??:??:}
    case $digits in *[!0-9]*) return 1 ;; esac
    [ ${#digits} = 14 ] && say "$digits"
}

# Does this private key belong to the certificate that was asked last?
belongs() { [ "$(openssl pkey -in "$1" -pubout 2>/dev/null)" = "${public%?}" ]; }
# Ends within so many seconds?
ends_within() { ! openssl x509 -in "$1" -noout -checkend "$2" >/dev/null 2>&1; }

if ! certificate fullchain.pem || ! belongs key.pem; then
    die "$here/key.pem and fullchain.pem do not belong together" "install the bundle again: ask for it"
fi
present_end=$end present_begins=$begins present_ends=$ends present_serial=$serial

# --- copies: whoever else reads key or certificate, such as apt, has its own.

produce() {
    case $1 in
        credential:key) cat key.pem ;;
        credential:fullchain) cat fullchain.pem ;;
        credential:cert) sed '/^-----END CERTIFICATE-----/q' fullchain.pem ;;
        credential:combined) cat key.pem fullchain.pem ;;
    esac
}

# dress MODE OWNER FILE: never readable for more people than in the end.
dress() {
    owner=0:0
    [ "$2" != _apt ] || [ -z "$apt_user" ] || owner=$apt_user
    [ -z "$super" ] || chown "$owner" "$3" || return 1
    chmod "$1" "$3"
}

# copy MODE OWNER SOURCE TARGET: rewrites what install.sh put there, if it differs.
copy() {
    [ -f "$root$4" ] || return 0
    produce "$3" >"$work/copy" || return 1
    cmp -s "$work/copy" "$root$4" && return 0
    draft=$root${4%/*}/.gatehouse.$$
    rm -f "$draft"
    cp "$work/copy" "$draft" && dress "$1" "$2" "$draft" && mv -f "$draft" "$root$4" && return 0
    rm -f "$draft"
    return 1
}

# Returns 1 when a copy could not be made; the next run tries again.
copies() {
    failed=0
    while read -r systems mode owner source path rest; do
        case ",$systems," in *",$system,"*) ;; *) continue ;; esac
        case $source in credential:key | credential:fullchain | credential:cert | credential:combined) ;; *) continue ;; esac
        case $path in
            @ETC@/key.pem | @ETC@/fullchain.pem) continue ;;
            *..* | *[!A-Za-z0-9@:+._/-]*) continue ;;
            @ETC@/*) path=${here#"$root"}/${path#@ETC@/} ;;
            /*) ;;
            *) continue ;;
        esac
        [ -z "$rest" ] || continue
        copy "$mode" "$owner" "$source" "$path" || {
            printf 'renew.sh: %s could not be written\n' "$root$path" >&2
            failed=1
        }
    done <files
    return $failed
}

# bundle.conf says what is installed; fullchain.pem decides.
note() {
    certificate fullchain.pem || return 1
    time='s/^\(.*=....\)\(..\)\(..\)\(..\)\(..\)\(..\)$/\1-\2-\3T\4:\5:\6Z/'
    sed -e "s/^serial=.*/serial=$serial/" -e "/^not-after=/{s/=.*/=$ends/;$time;}" \
        bundle.conf >"$work/conf" && chmod 0644 "$work/conf" && mv -f "$work/conf" bundle.conf
}

hooks() {
    status=0
    for hook in renewed.d/*; do
        if [ ! -f "$hook" ] || [ ! -x "$hook" ]; then continue; fi
        "./$hook" </dev/null || {
            printf 'renew.sh: %s failed\n' "$here/$hook" >&2
            status=1
        }
    done
    return $status
}

# The list that install.sh --uninstall goes by.
enlist() {
    if [ ! -f installed ] || [ ! -h pair ]; then return 0; fi
    etc=${here#"$root"}
    now=$(readlink pair) || return 1
    grep -v -e " $etc/pair\$" -e " $etc/pairs" installed >"$work/kept"
    [ $? -le 1 ] || return 1
    {
        cat "$work/kept" || return 1
        say "dir - $etc/pairs"
        say "dir - $etc/$now"
        for one in pair "$now/key.pem" "$now/fullchain.pem"; do say "credential - $etc/$one"; done
    } >"$work/installed" && chmod 0644 "$work/installed" && mv -f "$work/installed" installed
}

# The pairs before this one.
forget() {
    [ -h pair ] || return 0
    now=$(readlink pair) && [ -f "$now/key.pem" ] || return 1
    for old in pairs/*; do [ "$old" = "$now" ] || rm -rf "$old"; done
}

# What follows once key and certificate are in place. A run that was killed there, or could not do it all, leaves the
# mark .unfinished; that alone never keeps a certificate from being renewed.
finish() {
    forget && note && enlist && copies && hooks && rm -f .unfinished && return 0
    printf 'renew.sh: the new certificate is in place, but not all that follows: the next run tries again\n' >&2
    return 1
}

late=0
[ ! -e .unfinished ] || finish || late=1

# --- is it time?

# Before the window there may be a successor all the same, where lifetimes were shortened; nothing else is worth a word.
early=
[ -n "$force" ] || ends_within fullchain.pem "$window" || early=yes
[ -z "$early" ] || [ -n "$url" ] || exit $late
[ -n "$url" ] || die "the certificate ends $present_end, and no server renews it" "ask for a new bundle"
if ends_within fullchain.pem 0; then
    die "the certificate ended $present_end: no server accepts it any more" "ask for a new bundle"
fi

# --- fetch: status into $status, body into $work/answer.

with_curl() {
    set -- --cert fullchain.pem --key key.pem --proto =https --max-time 60 --max-filesize 100000
    [ "$trust" != server-ca ] || set -- "$@" --cacert server-ca.pem
    status=$(curl -q -sS "$@" -o "$work/answer" -w '%{http_code}' "$url" 2>"$work/trouble")
}

# Base systems have no curl; the request is simple enough. What follows an empty line is the answer.
with_openssl() {
    rest=${url#https://}
    authority=${rest%%/*}
    host=$authority
    port=443
    case $authority in
        \[*\]:* | [!\[]*:*) host=${authority%:*} port=${authority##*:} ;;
    esac
    bare=${host#\[}
    # In a command of its own: FreeBSD's sh makes all assignments of one at once.
    bare=${bare%\]}
    set -- openssl s_client -quiet -cert fullchain.pem -key key.pem -connect "$host:$port" -verify_return_error
    case $host in
        \[* | [0-9]*.*[0-9]) set -- "$@" -verify_ip "$bare" ;;
        *) set -- "$@" -servername "$bare" -verify_hostname "$bare" ;;
    esac
    # Given a file, openssl trusts its own directory all the same, unless told of an empty one.
    [ "$trust" != server-ca ] || set -- env SSL_CERT_DIR="$work/none" "$@" -CAfile server-ca.pem
    ! command -v timeout >/dev/null 2>&1 || set -- timeout 60 "$@"
    printf 'GET /%s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n' "${rest#*/}" "$authority" |
        "$@" >"$work/raw" 2>"$work/trouble" || [ -s "$work/raw" ] || return 1
    tr -d '\r' <"$work/raw" | sed '1,/^$/d' >"$work/answer"
    status=$(sed -n '1s/^HTTP\/1\.[01] \([0-9][0-9][0-9]\).*/\1/p' "$work/raw")
    [ -n "$status" ]
}

# What somebody else wrote, on one line, without what a terminal would obey.
words() { head -n 3 "$1" 2>/dev/null | tr -c '[:print:]' ' ' | tr -s ' ' | cut -c1-200 | sed 's/ $//'; }

# A server that answers, and not with a certificate for us, has decided: another run tomorrow changes nothing.
refused() {
    code=2
    die "the server refuses this client: $url $1" \
        "the present certificate is kept; it ends $present_end" \
        "if access was not taken away, ask for a new bundle"
}

: >"$work/answer"
status=
if command -v curl >/dev/null 2>&1; then with_curl; else with_openssl; fi || {
    [ -z "$early" ] || exit $late
    # Apache refuses a certificate in the handshake, by an alert (RFC 8446, 6.2) about it.
    trouble=$(words "$work/trouble")
    case $trouble in
        *alert*certificate* | *alert*'unknown ca'* | *alert*'access denied'*) refused "sends $trouble" ;;
    esac
    die "$url cannot be reached: $trouble" "the certificate ends $present_end"
}

[ -z "$early" ] || [ "$status" = 200 ] || exit $late
case $status in
    200) ;;
    204)
        # Nothing newer, as on the days before the successor is made; late in the window nobody makes one.
        [ -z "$force" ] || say "$url has nothing newer"
        ends_within fullchain.pem $((window / 2)) || exit $late
        die "there is no newer certificate, and this one ends $present_end" "ask for a new bundle"
        ;;
    4??) refused "answers $status: $(words "$work/answer")" ;;
    *)
        die "$url answers $status: $(words "$work/answer")" \
            "the present certificate is kept; it ends $present_end" "the next run tries again"
        ;;
esac

# --- open and check: what came is believed only for what it proves.

reject() { die "what $url sent is not taken: $1" "the present certificate is kept; it ends $present_end"; }

next=$work/next
mkdir $next
# one KIND FILE: the PEM blocks of a kind, as openssl reads them, and nothing around them.
blocks() { sed -n "/^-----BEGIN $1-----\$/,/^-----END $1-----\$/p" "$2"; }
if [ "$kind" = managed ]; then
    openssl cms -decrypt -inform PEM -in "$work/answer" -recip fullchain.pem -inkey key.pem -binary \
        -out "$work/content" 2>/dev/null || reject "it cannot be opened with the present key"
    blocks 'PRIVATE KEY' "$work/content" >"$next/key.pem"
else
    cp "$work/answer" "$work/content"
    cp key.pem "$next/key.pem"
fi
blocks CERTIFICATE "$work/content" >"$next/fullchain.pem"
new="$next/fullchain.pem"
certificate $new || reject "there is no whole certificate in it"
belongs "$next/key.pem" || reject "the key does not belong to the certificate"
SSL_CERT_DIR="$work/none" openssl verify -purpose sslclient -CAfile ca.pem -untrusted $new $new >/dev/null 2>"$work/trouble" ||
    reject "$(words "$work/trouble")"
[ "$common_name" = "$name" ] || reject "it is not for $name"
# Issued later, whenever it ends; of one second, the one that ends later.
[ "$begins" -gt "$present_begins" ] || { [ "$begins" = "$present_begins" ] && [ "$ends" -gt "$present_ends" ]; } || {
    [ -z "$force" ] || reject "it is no newer than the present one"
    exit $late
}

# --- in place: at every instant key.pem and fullchain.pem belong together.

next_end=$end next_serial=$serial
chmod 0600 "$next/key.pem" && chmod 0644 $new || exit 1

# keep SERIAL DIRECTORY: a pair gets its own directory, which is whole before it has its name.
keep() {
    chmod 0755 "$2" && mkdir -p pairs && chmod 0755 pairs && rm -rf "pairs/$1" && mv "$2" "pairs/$1"
}

# A link in place of each file: afterwards one link is all that has to change.
begin_links() {
    mkdir "$work/old" && cp key.pem fullchain.pem "$work/old" || return 1
    chmod 0600 "$work/old/key.pem" && chmod 0644 "$work/old/fullchain.pem" || return 1
    # key.pem may still be a file, or lead to `pair` already, from a run that was killed here.
    if [ ! -h pair ] || ! cmp -s pair/key.pem key.pem || ! cmp -s pair/fullchain.pem fullchain.pem; then
        [ ! -h key.pem ] && [ ! -h fullchain.pem ] || return 1
        keep "$present_serial" "$work/old" && link "pairs/$present_serial" pair || return 1
    fi
    link pair/key.pem key.pem && link pair/fullchain.pem fullchain.pem
}

trouble="the new certificate could not be put in place"
: >.unfinished || die "$here cannot be written"
if [ "$kind" = managed ]; then
    [ -h key.pem ] && [ -h fullchain.pem ] || begin_links || die "$trouble"
    keep "$next_serial" $next || die "$trouble"
    link "pairs/$next_serial" pair || die "$trouble"
else
    # The key stays: one file changes.
    mv -f $new fullchain.pem || die "$trouble"
fi
finish || late=1
say "$name has a new certificate, until $next_end; the last one ended $present_end"
exit $late
