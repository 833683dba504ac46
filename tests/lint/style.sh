#!/bin/sh
# SPDX-License-Identifier: ISC
# House style that a compiler does not know.
set -eu
. "$(dirname "$0")/lib.sh"

# lint_match REGEX WHAT: code lines of product and tests with REGEX.
style_match() {
	# shellcheck disable=SC2046
	lint_code $(lint_c) |
	    sed -nE "s/^([^:]*:[0-9]+):(.*[^A-Za-z0-9_])?($1).*/\\1: $2/p"
}

# A fuzz target jumps out of code that would end its process.
style_banned() {
	style_match '(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|atoi|atol|atoll|strtok|alloca|system|popen|tmpnam|tempnam|mktemp|gethostbyname|localtime|ctime|asctime|rand|signalfd4|longjmp|setjmp)[ 	]*\(' \
	    'a banned function' | sed '/^tests\/fuzz\/over\.h:/d'
}

# malloc(a * b): reallocarray(3) or calloc(3) see the overflow.
style_product() {
	style_match '(malloc|realloc)\((.*,)?[^,;]* \* [^,;]*\)' \
	    'memory for a product'
}

style_assert() {
	style_match 'assert[ 	]*\(' 'assert() is never for input'
}

style_typedef() {
	style_match 'typedef[ 	]+(struct|union|enum)' \
	    'a type behind another name'
}

style_goto() {
	style_match 'goto[ 	]+([a-np-z]|o[a-tv-z]|ou[a-su-z]|out[a-z_])' \
	    'the only label to go to is out'
}

# Work that is announced instead of done.
style_marks() {
	local f

	for f in $(lint_c; lint_files '*.def' common;
	    lint_files '*.sh' tests; lint_files '*.[0-9]' man;
	    lint_files '*.md' docs); do
		grep -nHE '(^|[^A-Za-z0-9_])(TO[D]O|FIX[M]E|X[X]X|HA[C]K)([^A-Za-z0-9_]|$)' \
		    "$f" | sed -E 's/^([^:]*:[0-9]+):.*/\1: work left over/'
	done
}

style_licence() {
	local f

	for f in $(lint_c; lint_files '*.def' common); do
		head -n 15 "$f" | cmp -s - "$lint_tmp/licence" ||
		    echo "$f:1: does not begin with the licence"
	done
	for f in $(lint_files '*.sh' tests; lint_files '*.awk' tests;
	    lint_files '*.mk' common broker transport fsworker tests man dist); do
		head -n 3 "$f" | grep -qx '# SPDX-License-Identifier: ISC' ||
		    echo "$f:1: does not name the licence"
	done
}

# What a file is the only place for, and what it must not touch.
style_knows() {
	local f

	for f in $(lint_files '*.c' common broker transport fsworker); do
		awk '/^#include/ { exit }
		/^ \* Knows: / { k = 1 } /^ \* Never: / { n = 1 }
		END { exit !(k && n) }' "$f" ||
		    echo "$f:1: says neither what it knows nor what never"
	done
}

style_guard() {
	local f want

	for f in $(lint_files '*.h' common broker transport fsworker); do
		want=VIOFSD_$(echo "${f%.h}" | tr 'a-z/' 'A-Z_')_H
		if grep -qx "#ifndef $want" "$f" &&
		    grep -qx "#define $want" "$f"; then
			continue
		fi
		# A template says that it is one.
		grep -q 'A template, included ' "$f" ||
		    echo "$f:1: no guard $want"
	done
}

style_columns() {
	local f

	for f in $(lint_c); do
		expand "$f" | awk -v f="$f" '
		length > 80 && !/"/ { print f ":" FNR ": " length " columns" }'
		grep -nHE '[ 	]$' "$f" |
		    grep -vE '^[^:]*:[0-9]+:(.*\\|  *\\)$' |
		    sed -E 's/^([^:]*:[0-9]+):.*/\1: blanks at the end/'
	done
}

# What goes over the wire has the same size everywhere.
style_wire() {
	# shellcheck disable=SC2046
	lint_code $(lint_files 'msg*.h' common) | awk -F: '
	$3 ~ /^struct (msg_(hdr|attr|dirent|pool|seal|timeout)|[qan]_[a-z]+) \{/ { in_wire = 1; next }
	$3 ~ /^\}/ { in_wire = 0 }
	in_wire && $3 ~ /;/ &&
	    $3 !~ /^\t(u?int(8|16|32|64)_t|char|struct (cred|msg_(attr|pool|seal|timeout))) [a-z0-9_, ]+(\[[A-Z0-9_]+\])?;/ {
		print $1 ":" $2 ": not a type for the wire"
	}
	in_wire && $3 ~ /^\tchar / && $3 !~ /\[/ {
		print $1 ":" $2 ": not a type for the wire"
	}'
}

cat >"$lint_tmp/licence" <<'END'
/*
 * Copyright (c) 2026 The viofsd authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */
END

lint_rule style_banned "no function that cannot be used safely" style_banned
lint_rule style_product "no allocation of an unchecked product" style_product
lint_rule style_assert "no assert()" style_assert
lint_rule style_typedef "structs without typedef" style_typedef
lint_rule style_goto "one exit label, out" style_goto
lint_rule style_marks "no work left over in comments" style_marks
lint_rule style_licence "every file names its licence" style_licence
lint_rule style_knows "every .c says what it knows and never does" style_knows
lint_rule style_guard "headers are guarded by their path" style_guard
lint_rule style_columns "80 columns, nothing at the end of a line" style_columns
lint_rule style_wire "wire structs are made of fixed-width types" style_wire
lint_end
