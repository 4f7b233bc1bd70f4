#!/bin/sh
# setup.sh on a runner: node packages, a current Node and git's filter. No program of the system's but git is needed.
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/log.sh
through_log scripts/ci/setup.sh "$@"

# As jobs.ts has it for the jobs: git runs nothing by itself that lies in a clone.
HUSKY=0
at=${GIT_CONFIG_COUNT:-0}
GIT_CONFIG_COUNT=$((at + 1))
export HUSKY "GIT_CONFIG_KEY_$at=core.hooksPath" "GIT_CONFIG_VALUE_$at=/dev/null" GIT_CONFIG_COUNT

exec /bin/sh scripts/setup.sh --quiet --ci
