#!/bin/sh
# Carries out what is on main, as the bot, and pushes: sh scripts/ci/reconcile.sh
# GATEHOUSE_KEY   git-crypt's key, base64
# CI_BOT_*, CI_SIGNING_KEY, CI_PUSH_*: see settings.sh
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/ci/settings.sh

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
trap 'exit 130' HUP INT TERM
as_bot "$directory"

npm run -s reconcile -- --push
