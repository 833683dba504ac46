#!/bin/bash
# SPDX-License-Identifier: ISC
# A million swaps of a name for a link to outside while a guest uses it, on the
# daemon as it is and with each wall removed: nothing outside is touched.
# Bound: 60 min
set -euo pipefail
. "${top_srcdir:-.}/tests/torture/lib.sh"
. "${top_srcdir:-.}/tests/walls/lib.sh"

torture_begin
chmod 755 "$top"
races() {
	local wall

	for wall in none names resolve provenance landlock tree filter root; do
		if [ "$wall" = none ]; then
			walls_copy "$top/$wall"
		else
			walls_copy "$top/$wall" "$wall"
		fi
		walls_run "$top/$wall" "$wall" \
		    "$walls_build/tests/walls/escape" 1000000 || :
	done
}
races | walls_tap
