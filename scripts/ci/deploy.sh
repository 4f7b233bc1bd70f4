#!/bin/sh
# Ships what is on main to every server that says how to get there: sh scripts/ci/deploy.sh
# GATEHOUSE_KEY        git-crypt's key, base64, for the servers' keys
# CI_SSH_KEY           the deploy key, for servers with `deploy: { to: ssh }`
# CI_SSH_KNOWN_HOSTS   their host keys, as in a known_hosts file; others are refused
# CI_DEPLOY_LOCAL=yes  this runner is itself a server for which clients.yaml says `deploy: { to: local }`
# CI_BOT_*, CI_SIGNING_KEY, CI_PUSH_*: see settings.sh; for servers with `deploy: { to: pull }`
set -eu
unset CDPATH
case $0 in */*) cd -- "${0%/*}/../.." ;; *) cd ../.. ;; esac
. scripts/ci/settings.sh

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
trap 'exit 130' HUP INT TERM
as_bot "$directory"

on_main || {
	echo "deploy.sh: what is here is not on main: nothing is deployed" >&2
	exit 1
}

# For this deploy and nothing else: ~/.ssh is neither read nor written.
if [ -n "${CI_SSH_KEY-}" ]; then
	printf '%s\n' "$CI_SSH_KEY" >"$directory/key"
	printf '%s\n' "${CI_SSH_KNOWN_HOSTS-}" >"$directory/known_hosts"
	printf '%s\n' 'IdentitiesOnly yes' "IdentityFile $directory/key" "UserKnownHostsFile $directory/known_hosts" \
		'GlobalKnownHostsFile none' >"$directory/ssh_config"
	GATEHOUSE_SSH_CONFIG=$directory/ssh_config
	export GATEHOUSE_SSH_CONFIG
fi
unset CI_SSH_KEY CI_SSH_KNOWN_HOSTS

servers=$(node scripts/ci/targets.ts)
if [ -z "$servers" ]; then
	echo "No server says how to get there (deploy in clients.yaml): nothing to ship."
	exit 0
fi
npm run -s deploy -- --only "$servers"
