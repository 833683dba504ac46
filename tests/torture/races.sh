#!/bin/bash
# SPDX-License-Identifier: ISC
# A million swaps of a name for a link to outside while a guest uses it, on the
# daemon as it is and with each wall removed: nothing outside is touched.
# Bound: 20 min
set -euo pipefail
. "${top_srcdir:-.}/tests/torture/lib.sh"
. "${top_srcdir:-.}/tests/walls/lib.sh"

torture_begin
chmod 755 "$top"
mkdir "$top/p"
races_swaps=${RACES_SWAPS:-1000000}

# What the host's other programs look at, such as find(1), is not taken for a
# guest's doing: the files are where only we see them.
races_alone() {
	TMPDIR=$top/p unshare -m --propagation private sh -c '
	    mount -t tmpfs -o mode=0755 viofsd-races "$0" && exec "$@"' \
	    "$top/p" "$@"
}

races() {
	local wall

	for wall in none names resolve provenance landlock tree filter root; do
		if [ "$wall" = none ]; then
			walls_copy "$top/$wall"
		else
			walls_copy "$top/$wall" "$wall"
		fi
		walls_run "$top/$wall" "$wall" races_alone \
		    "$walls_build/tests/walls/escape" "$races_swaps" || :
	done
}
races | walls_tap
