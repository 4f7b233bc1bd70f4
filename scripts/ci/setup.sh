#!/bin/sh
# setup.sh on a runner: node packages, a current Node and git's filter. No program of the system's but git is needed.
set -eu
cd -- "$(dirname -- "$0")/../.."
. scripts/ci/settings.sh
umask 022

exec sh scripts/setup.sh --quiet --ci
