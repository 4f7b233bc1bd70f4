# Read by the scripts beside it, at the top of the clone: what every job wants of git. Nothing is written to any
# configuration file, so nothing is left on a runner that is used again.
# shellcheck shell=sh
# shellcheck source=scripts/log.sh
. scripts/log.sh
through_log "scripts/ci/${0##*/}" "$@"
umask 077

# KEY VALUE: git's setting, from here on.
setting() {
	at=${GIT_CONFIG_COUNT:-0}
	GIT_CONFIG_COUNT=$((at + 1))
	export "GIT_CONFIG_KEY_$at=$1" "GIT_CONFIG_VALUE_$at=$2" GIT_CONFIG_COUNT
}

# URL USER TOKEN: how git signs in there. In the environment, for arguments are everybody's to read.
sign_in() {
	basic=$(printf '%s:%s' "$2" "$3" | base64)
	basic=$(printf '%s' "$basic" | tr -d '\n')
	setting "http.$1.extraHeader" "Authorization: Basic $basic"
}

# Whether HEAD is on main there. A commit that could not be pushed exists nowhere else: the next run makes another one.
# The full name: a short one would take a tag of that name first, and tags are anybody's who may push a branch.
on_main() {
	git fetch --quiet --no-tags -- origin refs/heads/main || exit 1
	ancestor=0
	git merge-base --is-ancestor HEAD FETCH_HEAD || ancestor=$?
	# 1 is git's no; on any other it could not tell, and that is no answer.
	[ "$ancestor" -le 1 ] || exit 1
	return "$ancestor"
}

# DIRECTORY: who commits and pushes. The secrets leave the environment; a key lies in DIRECTORY until that is removed.
# CI_BOT_NAME, CI_BOT_EMAIL
# CI_SIGNING_KEY               optional, an ssh private key that signs commits
# CI_PUSH_TOKEN, CI_PUSH_URL   where the checkout left nothing that may push
# CI_PUSH_OPTION               ci.skip, where a push with a token would start a pipeline
as_bot() {
	for who in AUTHOR COMMITTER; do
		export "GIT_${who}_NAME=${CI_BOT_NAME:-Gatehouse}" "GIT_${who}_EMAIL=${CI_BOT_EMAIL:-gatehouse@localhost}"
	done
	if [ -n "${CI_SIGNING_KEY-}" ]; then
		printf '%s\n' "$CI_SIGNING_KEY" >"$1/signing-key"
		setting gpg.format ssh
		setting user.signingKey "$1/signing-key"
		setting commit.gpgSign true
	fi
	if [ -n "${CI_PUSH_TOKEN-}" ]; then
		setting remote.origin.pushUrl "$CI_PUSH_URL"
		sign_in "$CI_PUSH_URL" oauth2 "$CI_PUSH_TOKEN"
	fi
	[ -z "${CI_PUSH_OPTION-}" ] || setting push.pushOption "$CI_PUSH_OPTION"
	unset CI_SIGNING_KEY CI_PUSH_TOKEN CI_COMMENT_TOKEN GATEHOUSE_COMMENT_TOKEN
}

# Nothing that lies in a clone is run by git itself: what hooks do, CI asks for by name.
HUSKY=0
export HUSKY
setting core.hooksPath /dev/null

# npm's scripts find the Node of this clone by themselves; so does what is called without npm.
PATH=$PWD/node_modules/.bin:$PATH
export PATH
