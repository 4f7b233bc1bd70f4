#!/bin/sh
# setup.sh on a runner: node packages, a current Node and git's filter. No program of the system's but git is needed.
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/ci/settings.sh
umask 022

# Not the sh in node_modules/.bin, which comes first in PATH by now and may be the branch's.
exec /bin/sh scripts/setup.sh --quiet --ci
