#!/bin/sh
# A forge's job, after scripts/ci/setup.sh: sh scripts/ci/run.sh NAME [ARGUMENT...]
# Runs scripts/ci/NAME.ts by the Node that set-up has brought, at the top of the clone, with all that it and what it
# starts write made inert.
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/log.sh
through_log scripts/ci/run.sh "$@"
umask 077

# npm's scripts find that Node by themselves; so does what is started here.
PATH=$PWD/node_modules/.bin:$PATH
export PATH
name=$1
shift
exec node "scripts/ci/$name.ts" "$@"
