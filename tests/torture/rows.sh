#!/bin/bash
# SPDX-License-Identifier: ISC
# Every row of every filter is used: the device suite under a tracer, which
# compares each call of the daemon's processes with the rows of that process.
# A row that nothing uses fails, unless its reason says "[unseen: WHY]".
# Bound: 15 min
set -eu
. "${top_srcdir:-.}/tests/torture/lib.sh"

torture_begin
rows=$torture_build/tests/sandbox/rows
export VIOFSD=$torture_viofsd

# A traced daemon is many times slower, so a case may fail that is about time
# or about a crowd of users: what counts here is that it ran to its end.
for t in device/t_ids device/t_locks device/t_more device/t_nodes \
    device/t_noopen device/t_ops device/t_perms device/t_session \
    device/t_hostile sandbox/seldom; do
	"$rows" "$top/record" "$torture_build/tests/$t" >"$top/out" 2>&1 || :
	if grep -qE '^1\.\.[0-9]+$' "$top/out"; then
		ok "$t: recorded"
	else
		not_ok "$t: recorded"
		tail -n 5 "$top/out" | sed 's/^/# /'
	fi
done
status=0
"$rows" -r "$top/record" >"$top/report" || status=$?
sed 's/^/# /' "$top/report"
is "every row was used" [ "$status" -eq 0 ]
torture_end
