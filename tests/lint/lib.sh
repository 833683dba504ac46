# SPDX-License-Identifier: ISC
# What the lint scripts share.  A rule is a shell function that, run at the
# top of a source tree, prints "FILE:LINE: WHAT" for everything that breaks
# it.  Each rule runs twice: on the project, where it must print nothing, and
# on tests/lint/planted/RULE, a small tree in which it must find exactly the
# lines that say PLANTED.  A rule that finds nothing there is no rule.

lint_top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
lint_planted=$lint_top/tests/lint/planted
lint_cnt=0
lint_failed=0
lint_tmp=$(mktemp -d "${TMPDIR:-/tmp}/viofsd-lint.XXXXXX")
trap 'rm -rf "$lint_tmp"' EXIT
trap 'exit 1' HUP INT TERM

# lint_ok STATUS NAME: one TAP line.
lint_ok() {
	lint_cnt=$((lint_cnt + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $lint_cnt - $2"
	else
		echo "not ok $lint_cnt - $2"
		lint_failed=1
	fi
}

# lint_skip NAME REASON
lint_skip() {
	lint_cnt=$((lint_cnt + 1))
	echo "ok $lint_cnt - $1 # SKIP $2"
}

lint_end() {
	echo "1..$lint_cnt"
	exit "$lint_failed"
}

# lint_rule NAME TITLE FUNCTION [ARG...]
lint_rule() {
	local name="$1" title="$2" status

	shift 2
	(cd "$lint_top" && "$@") | sort -u >"$lint_tmp/found"
	status=0
	[ ! -s "$lint_tmp/found" ] || status=1
	lint_ok "$status" "$title"
	sed 's/^/# /' "$lint_tmp/found"
	lint_catch "$name" "$lint_planted/$name" "$@"
}

# lint_catch NAME TREE FUNCTION [ARG...]: the second run of a rule.
lint_catch() {
	local name="$1" tree="$2" status=0

	shift 2
	(cd "$tree" && "$@") | sort -u >"$lint_tmp/found"
	(cd "$tree" && grep -rn PLANTED . | sed 's,^\./,,' |
	    cut -d: -f1,2 | sort -u) >"$lint_tmp/want"
	cut -d: -f1,2 "$lint_tmp/found" | sort -u >"$lint_tmp/got"
	if [ ! -s "$lint_tmp/want" ] ||
	    ! cmp -s "$lint_tmp/want" "$lint_tmp/got"; then
		status=1
	fi
	lint_ok "$status" "$name: what is planted is caught, and only that"
	if [ "$status" -ne 0 ]; then
		diff "$lint_tmp/want" "$lint_tmp/got" | sed 's/^/# /'
	fi
}

# lint_files GLOB DIR...: files below those DIRs that exist, planted ones out.
lint_files() {
	local glob="$1" dir

	shift
	for dir; do
		[ ! -d "$dir" ] || find "$dir" -path tests/lint/planted -prune \
		    -o -type f -name "$glob" -print
	done | sort
}

# The C of the product; the C of product and tests.
lint_product() {
	lint_files '*.[ch]' common broker transport fsworker
}

lint_c() {
	lint_files '*.[ch]' common broker transport fsworker tests
}

# lint_code FILE...: "FILE:LINE:CODE" without comments and without what is
# inside of quotes, but for names of included files.
lint_code() {
	[ $# -eq 0 ] || awk -f "$lint_top/tests/lint/code.awk" "$@"
}

# lint_only REGEX FILES: calls of REGEX, raw ones too, in product files that FILES
# (another regular expression) does not name.
lint_only() {
	# shellcheck disable=SC2046
	lint_code $(lint_product) | awk -v re="$1" -v files="^($2)\$" '
	{
		file = $0
		sub(/:.*/, "", file)
		if (file ~ files)
			next
		code = $0
		sub(/^[^:]*:/, "", code)
		line = code
		sub(/:.*/, "", line)
		sub(/^[^:]*:/, "", code)
		if (match(code, "(^|[^A-Za-z0-9_])(" re ")[ \t]*\\(") ||
		    match(code, "syscall\\((SYS_|__NR_)(" re ")[^A-Za-z0-9_]"))
			print file ":" line ": " \
			    substr(code, RSTART, RLENGTH) " is not for this file"
	}'
}
