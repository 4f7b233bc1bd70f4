# Read by hook.sh and modes.sh, with $home: sets git's filter up again where git-crypt's lock or unlock changed it.
# shellcheck shell=sh

# shellcheck disable=SC2154 # home is the caller's
filter=$home/../filter/filter.sh
if [ -f "$filter" ]; then
	mended=$(/bin/sh "$filter" configure) ||
		echo "gatehouse: git's filter for private keys cannot be set up again; run: sh scripts/setup.sh" >&2
	[ -z "$mended" ] || echo "gatehouse: git's filter for private keys was gone, and is set up again" >&2
fi
