#!/bin/sh
# Starts the installed copy: what the hooks of a bare repository and gatehouse/run have in common.
#   sh launch.sh pre-receive|post-receive|run
# It lies in REPOSITORY/gatehouse/versions/ID/scripts/deploy/hooks.
set -eu

code=$(CDPATH='' cd -P -- "${0%/*}/../../.." && pwd)
repository=$(CDPATH='' cd -P -- "$code/../../.." && pwd)
# git gives hooks its own directory first; servers' programs lie where a PATH often does not reach.
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
export PATH

# Keys, and settings of Node's, are not for whoever pushes to give.
given=$(env)
given=$(printf '%s\n' "$given" | sed -n 's/^\(GATEHOUSE_[A-Z0-9_]*\)=.*/\1/p')
for name in $given NODE_OPTIONS NODE_PATH NODE_EXTRA_CA_CERTS; do unset "$name"; done

# git says by its variables where the objects of a push are while it is not yet taken: pre-receive needs them. That git
# must not change refs meanwhile it says too (GIT_QUARANTINE_PATH), and newer ones then refuse even the empty
# repository in which the guard asks for attributes. Afterwards all of them would only point to the wrong repository.
if [ "$1" = pre-receive ]; then
	unset GIT_QUARANTINE_PATH
else
	given=$(git rev-parse --local-env-vars)
	for name in $given; do unset "$name"; done
fi

# Compiled once, it starts in half the time.
NODE_COMPILE_CACHE=$code/node_modules/.cache
export NODE_COMPILE_CACHE
cd "$repository"
exec "$code/node_modules/.bin/node" "$code/scripts/bare.ts" --root "$repository" "$1"
