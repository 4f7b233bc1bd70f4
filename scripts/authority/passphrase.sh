# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # shared with root.sh and what else it reads
# What is asked of whoever sits there.

# secret PROMPT: a line from the terminal that is not shown; sets passphrase.
secret() {
    terminal=$(stty -g)
    stty -echo
    printf '%s: ' "$1" >&2
    IFS= read -r passphrase || die "nothing was typed"
    stty "$terminal"
    terminal=
    say "" >&2
}
take_passphrase() {
    if [ -n "$passphrase_file" ]; then
        IFS= read -r passphrase <"$passphrase_file" || [ -n "$passphrase" ] || die "there is no passphrase in $passphrase_file"
        passphrase=${passphrase%"$(printf '\r')"}
    elif [ -t 0 ]; then
        secret "$1"
    else
        die "there is no terminal to ask for the passphrase" "GATEHOUSE_CA_PASSPHRASE_FILE=FILE sh root.sh $command ..."
    fi
    # openssl cuts off the rest without a word.
    [ ${#passphrase} -lt 1024 ] || die "the passphrase has 1024 bytes or more; openssl reads no more than 1023"
}
new_passphrase() {
    take_passphrase "A passphrase for the root's key"
    [ ${#passphrase} -ge 12 ] || die "the passphrase is shorter than 12 characters" \
        "Whoever gets a copy of root.key can try them all: six words of a dice list are good."
    [ -z "$passphrase_file" ] || return 0
    first=$passphrase
    secret "The same again"
    [ "$first" = "$passphrase" ] || die "these were two different passphrases; nothing was made"
}
unlock() {
    take_passphrase "Passphrase of $dir/root.key"
    with_key pkey -in root.key -pubout -out .work/root.pub >/dev/null 2>&1 ||
        die "root.key does not open with this passphrase" "Nothing was done."
    openssl x509 -in root.crt -noout -pubkey >.work/root.crt.pub
    key_of .work/root.crt.pub
    root_kind=$kind root_fingerprint=$fingerprint
    key_of .work/root.pub
    [ "$root_fingerprint" = "$fingerprint" ] || die "root.key is not the key of root.crt"
}
confirm() {
    [ -z "$yes" ] || return 0
    [ -t 0 ] || die "there is no terminal to ask whether this is right" "If it is: the same again with --yes"
    printf '%s [yes/no] ' "$1" >&2
    read -r answer
    [ "$answer" = yes ] || die "nothing was done"
}
