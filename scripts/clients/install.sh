#!/bin/sh
# Installs the bundle that it lies in: credentials and configuration of one client. FreeBSD, NetBSD, Linux, macOS.
#
#   sh install.sh [--dry-run] [--root DIR] [--system linux|freebsd|netbsd|macos]
#   sh install.sh --uninstall [--dry-run] [--root DIR] [--system …]
#
# Again and again with the same result. What it wrote stands in the list `installed` with a hash each; a file that is not
# in the list, or was changed since, is never overwritten: the new one goes beside it as FILE.new. --root installs below
# DIR, for jails and images. Exit codes: 0 done, 1 refused or failed.
set -eu
umask 077
LC_ALL=C
export LC_ALL

say() { printf '%s\n' "$*"; }
die() {
    printf 'install.sh: %s\n' "$1" >&2
    shift
    for hint; do printf '  %s\n' "$hint" >&2; done
    exit 1
}

dry='' uninstall='' root='' system=''
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry=yes ;;
        --uninstall) uninstall=yes ;;
        --root)
            if [ $# -lt 2 ] || [ ! -d "$2" ]; then die "--root needs a directory"; fi
            root=$(cd "$2" && pwd -P)
            [ "$root" != / ] || root=
            shift
            ;;
        --system)
            [ $# -gt 1 ] || die "--system needs a name"
            system=$2
            shift
            ;;
        -h | --help)
            sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0"
            exit 0
            ;;
        *) die "unknown: $1" "sh install.sh --help" ;;
    esac
    shift
done

if [ -z "$system" ]; then
    case $(uname -s) in
        Linux) system=linux ;;
        FreeBSD | DragonFly) system=freebsd ;;
        NetBSD) system=netbsd ;;
        Darwin) system=macos ;;
        *) die "$(uname -s) is not a system it knows" "say which one it is like: --system freebsd" ;;
    esac
fi
case $system in
    linux) etc=/etc/gatehouse-client ;;
    freebsd | macos) etc=/usr/local/etc/gatehouse-client ;;
    netbsd) etc=/usr/pkg/etc/gatehouse-client ;;
    *) die "--system: $system is none of linux, freebsd, netbsd, macos" ;;
esac

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
here=$(cd "$here" && pwd -P)
list=$root$etc/installed
super=
me=$(id -u)
[ "$me" -ne 0 ] || super=yes
[ -n "$super$root$dry" ] || die "only root can install" "run it as root, or look first: sh install.sh --dry-run"

if command -v sha256sum >/dev/null 2>&1; then
    hasher=sha256sum
elif command -v sha256 >/dev/null 2>&1; then
    hasher='sha256 -r'
elif command -v shasum >/dev/null 2>&1; then
    hasher='shasum -a 256'
else
    hasher='openssl dgst -sha256 -r'
fi

# The SHA-256 of standard input. All of them print it first.
digest() {
    # shellcheck disable=SC2086 # program and flags
    sum=$($hasher) || die "${hasher%% *} does not work here"
    say "${sum%% *}"
}

# Lines of the list: `file HASH PATH`, `credential HASH PATH` (renew.sh changes those), `dir - PATH`.
# Its answers, and those of the functions below, go into variables: there a failure ends this program (set -e).
listed() { [ ! -f "$list" ] || awk -v path="$1" '$3 == path { hash = $2 } END { print hash }' "$list"; }

there() { [ -e "$root$1" ] || [ -h "$root$1" ]; }
on_disk() { [ ! -f "$root$1" ] || [ -h "$root$1" ] || digest <"$root$1"; }

remove() {
    say "- $1"
    [ -n "$dry" ] || rm -f "$root$1"
}

# remove_listed KIND HASH PATH: only what is still as it was written.
remove_listed() {
    there "$3" || return 0
    hashed=$(on_disk "$3")
    if [ "$1" = credential ] || [ "$hashed" = "$2" ]; then remove "$3"; else say "! $3 was changed since: kept"; fi
}

# systemd VERB: the timer that runs renew.sh, where there is systemd; below --root only what is enabled is changed.
systemd() {
    [ -d "$root/run/systemd/system" ] && [ -f "$root/etc/systemd/system/gatehouse-client.timer" ] || return 0
    say "= systemctl $1 gatehouse-client.timer"
    [ -z "$dry" ] || return 0
    if [ -n "$root" ]; then
        systemctl --root="$root" "$1" gatehouse-client.timer
    else
        systemctl daemon-reload && systemctl "$1" --now gatehouse-client.timer
    fi
}

uninstall() {
    [ -f "$list" ] || die "nothing is installed: there is no $root$etc/installed"
    systemd disable
    while read -r kind hash path; do
        [ "$kind" = dir ] || remove_listed "$kind" "$hash" "$path"
    done <"$list"
    dirs=$(awk '$1 == "dir" { lines = $3 "\n" lines } END { printf "%s", lines }' "$list")
    [ -n "$dry" ] || rm -f "$list" "$root$etc/.unfinished"
    for path in $dirs; do
        [ -n "$dry" ] || rmdir "$root$path" 2>/dev/null || say "! $path is not empty: kept"
    done
    if [ -f "$root$etc/key.pem" ] && [ -z "$dry" ]; then
        say "! $etc/key.pem was made on this machine: kept. When nobody needs it any more: rm $root$etc/key.pem"
    fi
}

if [ -n "$uninstall" ]; then
    uninstall
    exit 0
fi

[ "$here" != "$root$etc" ] || die "this is the installed copy" "run the install.sh of the bundle"
for file in bundle.conf files fullchain.pem ca.pem; do
    [ -f "$here/$file" ] || die "the bundle is not whole: $file is missing" "unpack it again"
done

# value FILE KEY
value() { sed -n "s/^$2=//p" "$1"; }
name=$(value "$here/bundle.conf" name)
case $name in '' | *[!a-z0-9._-]*) die "bundle.conf is damaged: name=$name" ;; esac
if [ -f "$root$etc/bundle.conf" ]; then
    other=$(value "$root$etc/bundle.conf" name)
    [ "$other" = "$name" ] || die "this machine is the client $other already" \
        "take that away first: sh $root$etc/install.sh --uninstall"
fi

openssl_here() { command -v openssl >/dev/null 2>&1; }

# When a certificate begins, as digits that compare: 20261121120000.
begins() {
    start=$(openssl x509 -in "$1" -noout -startdate 2>/dev/null) || die "$1 cannot be read by openssl"
    printf '%s\n' "$start" | awk -F'[= :]+' '{
        month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $2) + 2) / 3
        printf "%04d%02d%02d%02d%02d%02d\n", $7, month, $3, $4, $5, $6
    }'
}

# Does the key belong to the certificate?
pair() {
    [ -f "$1" ] || return 1
    certified=$(openssl x509 -in "$2" -noout -pubkey) || return 1
    [ -n "$certified" ] && [ "$(openssl pkey -in "$1" -pubout 2>/dev/null)" = "$certified" ]
}

# Where key and certificate come from: the bundle, or this machine where renew.sh has brought newer ones.
from=$here
present=$root$etc/fullchain.pem
known=$(listed "$etc/fullchain.pem")
if [ -n "$known" ] && [ -f "$present" ] && openssl_here; then
    installed=$(begins "$present")
    brought=$(begins "$here/fullchain.pem")
    if [ "$installed" -gt "$brought" ]; then
        from=$root$etc
        say "= $etc/fullchain.pem is newer than the bundle's: kept, with its key"
    fi
fi

# The key: in the bundle, or made here by the request's script, which puts the next one beside the present one.
key=$from/key.pem
if [ ! -f "$here/key.pem" ]; then
    key=$root$etc/key.pem
    openssl_here || die "openssl is not here, and a key of your own needs it"
    if ! pair "$key" "$from/fullchain.pem"; then
        key=$root$etc/next-key.pem
        pair "$key" "$from/fullchain.pem" || die "$root$etc/key.pem is not the key of this certificate" \
            "the bundle is for the request whose key is there: make it again, or put the key there"
    fi
elif [ "$from" = "$here" ]; then
    for file in key.pem fullchain.pem; do
        known=$(listed "$etc/$file")
        disk=$(on_disk "$etc/$file")
        new=$(digest <"$here/$file")
        ! there "$etc/$file" || [ -n "$known" ] || [ "$disk" = "$new" ] ||
            die "$root$etc/$file is there, and was not written by this program" "move it away"
    done
fi

# curl before 7.76 takes no notice of fail-with-body, and a refusal would pass for the file: for a curl that says so of
# itself it is `fail`.
words=fail-with-body
if curl -q --version >/dev/null 2>&1; then
    curl -q --fail-with-body --version >/dev/null 2>&1 || words='fail'
fi

# The bytes of a source. Text names the directory of credentials by a word.
produce() {
    case $1 in
        credential:key) cat "$key" ;;
        credential:fullchain) cat "$from/fullchain.pem" ;;
        credential:cert) sed '/^-----END CERTIFICATE-----/q' "$from/fullchain.pem" ;;
        credential:combined) cat "$key" "$from/fullchain.pem" ;;
        credential:ca) cat "$here/ca.pem" ;;
        credential:server-ca) cat "$here/server-ca.pem" ;;
        conf) cat "$from/bundle.conf" ;;
        text:*) sed -e "s|@ETC@|$etc|g" -e "s|^fail-with-body\$|$words|" "$here/${1#text:}" ;;
        data:*) cat "$here/${1#data:}" ;;
    esac
}

entries=
record() {
    entries="$entries$1 $2 $3
"
}

# Directories for everybody to pass, each that was missing in the list; under --root never through a link that leads out.
directory() {
    if [ -d "$root$1" ]; then
        # What a run that was killed left.
        [ -n "$dry" ] || rm -f "$root$1/.gatehouse.draft"
        [ -z "$root" ] || case $(cd "$root$1" && pwd -P)/ in
            "$root"/*) ;;
            *) die "$root$1 leads out of $root" ;;
        esac
        return 0
    fi
    directory "${1%/*}"
    record dir - "$1"
    [ -z "$dry" ] || return 0
    (umask 022 && mkdir "$root$1")
    # At once: a run that is killed must know its directories again.
    [ ! -d "$root$etc" ] || printf '%s' "$entries" | awk '$1 == "dir"' >>"$list"
}

# dress MODE OWNER FILE: never readable for more people than in the end.
apt_user=
if [ -r "$root/etc/passwd" ]; then
    while IFS=: read -r user _ number _; do [ "$user" != _apt ] || apt_user=$number; done <"$root/etc/passwd"
fi
dress() {
    owner=0:0
    [ "$2" != _apt ] || [ -z "$apt_user" ] || owner=$apt_user
    [ -z "$super" ] || chown "$owner" "$3"
    chmod "$1" "$3"
}

# write MODE OWNER SOURCE PATH
write() {
    [ -z "$dry" ] || return 0
    draft=$root${4%/*}/.gatehouse.draft
    produce "$3" >"$draft"
    dress "$1" "$2" "$draft"
    mv -f "$draft" "$root$4"
}

# place KIND MODE OWNER SOURCE PATH
place() {
    directory "${5%/*}"
    new=$(produce "$4" | digest)
    old=$(listed "$5")
    disk=$(on_disk "$5")
    if ! there "$5"; then
        say "+ $5"
        write "$2" "$3" "$4" "$5"
    elif [ "$disk" = "$new" ]; then
        [ -n "$dry" ] || dress "$2" "$3" "$root$5"
    elif [ -n "$old" ] && { [ "$1" = credential ] || [ "$disk" = "$old" ]; }; then
        say "~ $5"
        write "$2" "$3" "$4" "$5"
    else
        say "! $5 is not as this program left it: kept. The new one is $5.new"
        [ -z "$old" ] || record "$1" "$old" "$5"
        place "$1" "$2" "$3" "$4" "$5.new"
        return 0
    fi
    record "$1" "$new" "$5"
}

# A line of `files`, word for word: whatever is not of this form was not made by Gatehouse.
checked() {
    if [ -z "$5" ] || [ -n "$6" ]; then die "files is damaged: $*"; fi
    case $2 in 0[0-7][0-7][0-7]) ;; *) die "files is damaged: mode $2" ;; esac
    case $3 in root | _apt) ;; *) die "files is damaged: owner $3" ;; esac
    case $4 in
        *..*) die "files is damaged: $4" ;;
        credential:key | credential:fullchain | credential:cert | credential:combined | credential:ca | credential:server-ca) ;;
        text:* | data:*) [ -f "$here/${4#*:}" ] || die "the bundle is not whole: ${4#*:} is missing" "unpack it again" ;;
        *) die "files is damaged: source $4" ;;
    esac
    case $5 in
        *..* | *[!A-Za-z0-9@:+._/-]*) die "files is damaged: $5" ;;
        /* | @ETC@/*) ;;
        *) die "files is damaged: $5" ;;
    esac
}

while read -r systems mode owner source path rest; do
    checked "$systems" "$mode" "$owner" "$source" "$path" "$rest"
done <"$here/files"

directory "$etc"
before=$(listed /etc/systemd/system/gatehouse-client.timer)
apt_missing=
while read -r systems mode owner source path; do
    case ",$systems," in *",$system,"*) ;; *) continue ;; esac
    case $path in @ETC@/*) path=$etc/${path#@ETC@/} ;; esac
    [ "$owner" != _apt ] || [ -n "$apt_user" ] || apt_missing=yes
    kind='file'
    case $source in
        credential:key)
            # A key that was made here is not ours to write or to remove; copies of it are.
            [ -f "$here/key.pem" ] || [ "$key" != "$root$path" ] || continue
            kind=credential
            ;;
        credential:fullchain | credential:cert | credential:combined) kind=credential ;;
    esac
    # These are what renew.sh brought, as links to a directory for each pair.
    case $from$path in "$root$etc$etc"/key.pem | "$root$etc$etc"/fullchain.pem)
        known=$(listed "$path")
        record credential "$known" "$path"
        continue
        ;;
    esac
    if [ "$source $path" = "credential:key $etc/key.pem" ] && [ ! -f "$here/key.pem" ]; then
        say "~ $path: the next key takes its place"
        [ -n "$dry" ] || { mv -f "$key" "$root$path" && key=$root$path; }
        continue
    fi
    place "$kind" "$mode" "$owner" "$source" "$path"
done <"$here/files"
[ "$from" != "$here" ] || place credential 0644 root conf "$etc/bundle.conf"
disk=$(on_disk "$etc/bundle.conf")
[ "$from" = "$here" ] || record credential "$disk" "$etc/bundle.conf"
directory "$etc/renewed.d"

# What an earlier bundle had and this one has no more; directories stay known until they are gone.
if [ -f "$list" ]; then
    while read -r kind hash path; do
        case $entries in *" $path
"*) continue ;; esac
        case $from$path in "$root$etc$etc"/pair | "$root$etc$etc"/pairs/*) record "$kind" "$hash" "$path" && continue ;; esac
        if [ "$kind" = dir ]; then record dir - "$path"; else remove_listed "$kind" "$hash" "$path"; fi
    done <"$list"
fi

if [ -z "$dry" ]; then
    draft=$root$etc/.gatehouse.draft
    dirs=$(printf '%s' "$entries" | awk '$1 == "dir"')
    say "$dirs" | sort -u >"$draft"
    printf '%s' "$entries" | awk '$1 != "dir"' >>"$draft"
    chmod 0644 "$draft"
    mv -f "$draft" "$list"
fi
after=$(listed /etc/systemd/system/gatehouse-client.timer)
[ "$before" = "$after" ] || systemd enable
[ -z "$apt_missing" ] || say "! there is no user _apt here: its files are root's"
[ -n "$super" ] || say "! not run as root: the files are yours"
[ -z "$dry" ] || say "nothing was changed: --dry-run"
