#!/bin/sh
# SPDX-License-Identifier: ISC
# The layout of .clang-format, but for the places where lines are broken; see
# format.awk.
set -eu
. "$(dirname "$0")/lib.sh"

format_layout() {
	awk -f "$lint_top/tests/lint/code.awk" "$1" |
	    awk -f "$lint_top/tests/lint/format.awk"
}

format_file() {
	local f

	for f in $(lint_c); do
		format_layout "$f" >"$lint_tmp/is"
		clang-format --style=file:"$lint_top/.clang-format" "$f" \
		    >"$lint_tmp/formatted.c"
		format_layout "$lint_tmp/formatted.c" >"$lint_tmp/ought"
		cut -d: -f2- "$lint_tmp/is" >"$lint_tmp/is.text"
		cut -d: -f2- "$lint_tmp/ought" >"$lint_tmp/ought.text"
		diff "$lint_tmp/is.text" "$lint_tmp/ought.text" |
		    sed -nE 's/^([0-9]+)[acd].*/\1 \1/p
			s/^([0-9]+),([0-9]+)[acd].*/\1 \2/p' |
		while read -r from to; do
			sed -nE "$from,${to}s,^([0-9]+):.*,$f:\1: laid out otherwise,p" \
			    "$lint_tmp/is"
		done
	done
}

if ! command -v clang-format >/dev/null; then
	lint_skip "the layout is that of .clang-format" "no clang-format"
else
	lint_rule format "the layout is that of .clang-format" format_file
fi
lint_end
