#!/bin/bash
# SPDX-License-Identifier: ISC
# What forged ids can do where the host has the last word: 100 000 operations
# on random trees, compared with processes of the host.  PERMS_SEED repeats a
# run, PERMS_COUNT (half of the number) makes it longer.
# Bound: 30 min
set -eu
. "${top_srcdir:-.}/tests/torture/lib.sh"

torture_begin
export VIOFSD=$torture_viofsd
export PERMS_COUNT=${PERMS_COUNT:-50000}
status=0
"$torture_build/tests/device/t_perms" >"$top/out" 2>&1 || status=$?
grep '^#' "$top/out" || :
is "no difference in $((PERMS_COUNT * 2)) comparisons" [ "$status" -eq 0 ]
for mode in host strict; do
	done_cnt=$(sed -n "s/^# $mode: \([0-9]*\) comparisons.*/\1/p" "$top/out")
	is "all of $mode were made" [ "${done_cnt:-0}" -ge "$PERMS_COUNT" ]
done
torture_end
