#!/bin/bash
# SPDX-License-Identifier: ISC
# One wall is removed at a time, and a guest tries to leave its share: nothing
# outside may be touched.  Each removed wall is checked to be really removed.
# Needs root.
set -euo pipefail
. "${top_srcdir:-.}/tests/walls/lib.sh"

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 0
fi
if grep -q 'define VIOFSD_INSTRUMENTED' "$walls_build/config.h"; then
	echo "1..0 # SKIP a build for tests does not serve"
	exit 0
fi
top=$(mktemp -d "${TMPDIR:-/tmp}/viofsd-walls.XXXXXX")
chmod 755 "$top"
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM

all() {
	local wall

	walls_copy "$top/none"
	walls_run "$top/none" none "$walls_build/tests/walls/escape"
	for wall in names resolve provenance landlock tree filter root; do
		walls_copy "$top/$wall" "$wall"
		walls_run "$top/$wall" "$wall" \
		    "$walls_build/tests/walls/escape" || :
	done
	# And with none of them left it does leave: the watch works.
	walls_copy "$top/all" names resolve landlock tree filter root
	walls_run "$top/all" all "$walls_build/tests/walls/escape" || :
	# The two that no guest can come up against: a transport would.
	for wall in none provenance landlock; do
		walls_run "$top/$wall" "$wall" \
		    "$walls_build/tests/walls/foreign" || :
	done
	walls_copy "$top/both" provenance landlock
	walls_run "$top/both" provenance,landlock \
	    "$walls_build/tests/walls/foreign" || :
}
all | walls_tap
