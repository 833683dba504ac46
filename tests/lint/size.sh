#!/bin/sh
# SPDX-License-Identifier: ISC
# Functions that fit on a screen, files that do one job.
set -eu
. "$(dirname "$0")/lib.sh"

function_max=80		# lines of the longest function
function_p90=50		# nine of ten are shorter
file_max=600		# lines of the longest file
file_wish=450		# reported when longer
unit_max=800		# a unit test is one file for each file it tests

# "FILE FIRST LAST NAME" of each function.
size_functions() {
	# shellcheck disable=SC2046
	ctags -x --_xformat='%F %n %{end} %N' --languages=C --kinds-C=f \
	    --fields=+e $(lint_c | grep '\.c$') 2>/dev/null
}

size_function() {
	size_functions | awk -v max="$function_max" '$3 - $2 + 1 > max {
		print $1 ":" $2 ": " $4 "() has " $3 - $2 + 1 " lines"
	}'
}

# The line number in the one sorted file that has 90 % before it.
size_p90() {
	size_functions | grep '^[bcft][a-z]*/[a-z_]*\.c' |
	    awk '{ print $3 - $2 + 1, $1 ":" $2 }' | sort -n |
	    awk -v max="$function_p90" '{ len[NR] = $1; at[NR] = $2 }
	END {
		n = int(NR * 0.9)
		if (n > 0 && len[n] >= max)
			print at[n] ": 90th percentile of functions is " len[n]
	}'
}

size_file() {
	# shellcheck disable=SC2046
	wc -l $(lint_c) | awk -v file_max="$file_max" -v unit_max="$unit_max" '
	{ max = $2 ~ /^tests\/unit\// ? unit_max : file_max }
	$2 != "total" && $1 > max { print $2 ":1: " $1 " lines" }'
}

size_long() {
	# shellcheck disable=SC2046
	wc -l $(lint_c) | awk -v wish="$file_wish" '$2 != "total" && $1 > wish {
		print "# " $2 ": " $1 " lines; is that one job?"
	}'
}

# What is planted for these is too long to keep.
size_plant() {
	local lines="$1" cnt="$2" i=0

	while [ "$i" -lt "$cnt" ]; do
		echo "int f$i(void) /* PLANTED */"
		echo "{"
		yes '	f();' | head -n "$((lines - 3))"
		echo "}"
		i=$((i + 1))
	done
}

# size_rule NAME TITLE FUNCTION: lint_rule with a tree made now.
size_rule() {
	local status=0

	(cd "$lint_top" && "$3") >"$lint_tmp/found"
	[ ! -s "$lint_tmp/found" ] || status=1
	lint_ok "$status" "$2"
	sed 's/^/# /' "$lint_tmp/found"
	lint_catch "$1" "$lint_tmp/$1" "$3"
}

mkdir -p "$lint_tmp/size_function/common" "$lint_tmp/size_p90/common" \
    "$lint_tmp/size_file/common" "$lint_tmp/size_file/tests/unit"
size_plant 81 1 >"$lint_tmp/size_function/common/x.c"
size_plant 80 1 | sed 's/ PLANTED//' >>"$lint_tmp/size_function/common/x.c"
{
	size_plant 50 1
	size_plant 4 8 | sed 's/ PLANTED//'
	size_plant 60 1 | sed 's/ PLANTED//'
} >"$lint_tmp/size_p90/common/x.c"
{ echo "/* PLANTED */"; yes 'int x;' | head -n 600; } \
    >"$lint_tmp/size_file/common/x.c"
{ echo "/* PLANTED */"; yes 'int x;' | head -n 800; } \
    >"$lint_tmp/size_file/tests/unit/test_x.c"
yes 'int x;' | head -n 600 >"$lint_tmp/size_file/common/good.c"
yes 'int x;' | head -n 800 >"$lint_tmp/size_file/tests/unit/test_good.c"

if ! ctags --version 2>/dev/null | grep -q 'Universal Ctags'; then
	lint_skip "functions have at most $function_max lines" "no Universal Ctags"
	lint_skip "nine of ten have less than $function_p90" "no Universal Ctags"
else
	size_rule size_function "functions have at most $function_max lines" \
	    size_function
	size_rule size_p90 "nine of ten have less than $function_p90" size_p90
	(cd "$lint_top" && size_functions) >"$lint_tmp/all"
	awk '{ print $3 - $2 + 1 }' "$lint_tmp/all" | sort -n | awk '
	{ len[NR] = $1 }
	END {
		print "# " NR " functions, median " len[int((NR + 1) / 2)] \
		    ", p90 " len[int(NR * 0.9)] ", longest " len[NR]
	}'
fi
size_rule size_file "files have at most $file_max lines, unit tests $unit_max" size_file
(cd "$lint_top" && size_long)
lint_end
