#!/bin/sh
# SPDX-License-Identifier: ISC
# Manual pages and documents say what the code does.
set -eu
. "$(dirname "$0")/lib.sh"

docs_mandoc() {
	local f

	for f in $(lint_files '*.[0-9]' man); do
		mandoc -T lint -W warning "$f" | sed -nE \
		    's/^mandoc: ([^:]*:[0-9]+):[0-9]+: (.*)/\1: \2/p'
	done
}

# docs_options HELP: what --help prints and what viofsd.8 describes.
docs_options() {
	grep -oE '(^| )--[a-z0-9-]+|, -[A-Za-z]$|, -[A-Za-z] ' "$1" |
	    grep -oE -- '-[-a-zA-Z0-9]+' | sort -u >"$lint_tmp/help"
	awk '/^\.Sh / { in_it = $2 == "DESCRIPTION" }
	in_it && /^\.It Fl / {
		for (i = 2; i < NF; i++)
			if ($i == "Fl")
				print FNR, "-" $(i + 1)
	}' man/viofsd.8 >"$lint_tmp/page"
	awk -v help="$lint_tmp/help" '
	BEGIN { while ((getline o < help) > 0) known[o] = 1 }
	{ page[$2] = 1 }
	!($2 in known) { print "man/viofsd.8:" $1 ": no option " $2 }
	END {
		for (o in known)
			if (!(o in page))
				print "man/viofsd.8:1: option " o " is missing"
	}' "$lint_tmp/page"
}

# Every diagnostic of the manual is one that the code has.
docs_diagnostics() {
	# shellcheck disable=SC2046
	cat $(lint_product) | tr '\n' ' ' | sed -E 's/"[ 	]+"//g' \
	    >"$lint_tmp/text"
	awk '/^\.Bl -diag/ { d = 1 } /^\.El/ { d = 0 }
	d && /^\.It "/ {
		sub(/^\.It "/, "")
		sub(/"$/, "")
		print FNR ":" $0
	}' man/viofsd.8 | while IFS=: read -r line text; do
		# A user name is a macro in the code.
		text=$(echo "$text" | sed 's/ _viofsd.*//')
		grep -qF -- "$text" "$lint_tmp/text" ||
		    echo "man/viofsd.8:$line: nothing says \"$text\""
	done
}

# A document that names a file of the tree names one that exists.
docs_files() {
	local f

	for f in README.md $(lint_files '*.md' docs); do
		[ -f "$f" ] || continue
		grep -noE '(^|[^a-zA-Z0-9_/.-])(broker|common|dist|docs|fsworker|man|tests|transport)/[A-Za-z0-9_.@*/-]*' \
		    "$f" | sed -E 's/^([0-9]+):[^a-z]*/\1 /; s/[.]+$//' |
		while read -r line name; do
			# Some are patterns, some are programs.
			# shellcheck disable=SC2086
			ls -d $name >/dev/null 2>&1 ||
			    [ -f "$name.c" ] ||
			    echo "$f:$line: no $name"
		done
	done
}

# What is made from the tables is what would be made now.
docs_made() {
	local doc

	for doc in messages syscalls; do
		up=$(echo "$doc" | tr a-z A-Z)
		"$lint_top/tests/tools/gen-$doc" . >"$lint_tmp/made" 2>&1 ||
		    echo "docs/$up:1: cannot be made"
		cmp -s "$lint_tmp/made" "docs/$up" ||
		    echo "docs/$up:1: is old, run make docs"
	done
}

if command -v mandoc >/dev/null; then
	lint_rule docs_mandoc "mandoc has nothing to say" docs_mandoc
else
	lint_skip "mandoc has nothing to say" "no mandoc"
fi
if [ -x "${VIOFSD:-}" ]; then
	"$VIOFSD" --help >"$lint_tmp/usage"
	(cd "$lint_top" && docs_options "$lint_tmp/usage") >"$lint_tmp/found"
	status=0
	[ ! -s "$lint_tmp/found" ] || status=1
	lint_ok "$status" "the manual has the options of --help and no others"
	sed 's/^/# /' "$lint_tmp/found"
else
	lint_skip "the manual has the options of --help and no others" "not built"
fi
lint_catch docs_options "$lint_planted/docs_options" docs_options help
lint_rule docs_diagnostics "the manual's diagnostics are in the code" \
    docs_diagnostics
lint_rule docs_files "documents name files that exist" docs_files
lint_rule docs_made "docs/MESSAGES and docs/SYSCALLS are up to date" docs_made
lint_end
