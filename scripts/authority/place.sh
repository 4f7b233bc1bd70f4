# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # shared with root.sh and what else it reads
# The root's directory. What is written is made in .work, checked there, then renamed to .pending as a whole, and from
# there moved to its place: a run that is killed has done nothing, or the next run finishes it.

# One at a time. A lock whose process is gone was left by one that was killed.
lock() { (set -C && say $$ >.lock) 2>/dev/null; }
terminal=
cleanup() {
    status=$?
    [ -z "$terminal" ] || stty "$terminal"
    # In this order: where .pending is still there, the next run knows that this one has done what it was told.
    rm -rf .work .lock
    [ $status -ne 0 ] || rm -rf .pending
}

finished=
# Moves what was made into its place. Each move is atomic, and the next run goes on where one is killed.
finish() {
    mkdir -p issued revoked || exit 1
    for made in .pending/* .pending/issued/* .pending/revoked/*; do
        [ ! -f "$made" ] || mv -f "$made" "${made#.pending/}" || die "cannot write in $dir"
    done
    sync
}
commit() {
    rm -rf .pending
    sync
    mv .work/out .pending || die "cannot write in $dir"
    finish
}

# enter: into the directory, alone in it, with what an earlier run left half done brought to its end.
enter() {
    command -v openssl >/dev/null 2>&1 || die "openssl is not here" "install it"
    [ -d "$dir" ] || [ "$command" != init ] || mkdir -p "$dir" || exit 1
    dir=$(cd "$dir" 2>/dev/null && pwd -P) || die "there is no such directory: $dir"
    above=$dir
    while :; do
        [ ! -e "$above/.git" ] || die "$dir is in a git repository" \
            "The root is kept away from it, on a machine of its own: --dir DIR"
        [ -n "$above" ] || break
        above=${above%/*}
    done
    cd "$dir" || exit 1
    lock || {
        other=
        read -r other <.lock
        ! kill -0 "$other" 2>/dev/null || die "process $other works on this root" "if that is no root.sh: rm '$dir/.lock'"
        rm -f .lock
        lock || die "nothing can be written in $dir"
    }
    trap cleanup EXIT
    trap 'exit 130' HUP INT TERM
    [ ! -d .pending ] || {
        finish
        finished=yes
        say "An earlier run was stopped before its end; what it had made is in its place now."
    }
    rm -rf .work
    mkdir -p .work/out/issued .work/out/revoked || exit 1
}
