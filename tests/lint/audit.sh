#!/bin/sh
# SPDX-License-Identifier: ISC
# docs/AUDIT has every source file, and nobody is said to have read what has
# changed since.  docs/THREATS.md names a test for everything that it claims.
set -eu
. "$(dirname "$0")/lib.sh"

audit_ledger() {
	local f n line sum name status

	for f in $(lint_files '*.[ch]' common broker transport fsworker ctl) \
	    $(lint_files '*.def' common); do
		grep -qE "^[0-9a-f]{64} $f " docs/AUDIT ||
		    echo "$f:1: is not in docs/AUDIT, run make audit"
	done
	n=0
	while IFS= read -r line; do
		n=$((n + 1))
		case $line in
		*" read by "*) ;;
		*)	continue ;;
		esac
		read -r sum name status <<-END
			$line
		END
		# The introduction tells what a line looks like.
		[ "${#sum}" = 64 ] || continue
		[ "$(sha256sum 2>/dev/null <"$name" | cut -d' ' -f1)" = \
		    "$sum" ] ||
		    echo "docs/AUDIT:$n: $name is not what was $status"
	done <docs/AUDIT
}

# Rows of the tables about mechanisms: the last cell has a file of tests/.
audit_threats() {
	awk '/^## / { here = $0 ~ /^## Which mechanism/ }
	here && /^\| / && !/^\| what a takeover/ {
		n = split($0, cell, "|")
		if (cell[n - 1] !~ /`tests\/[a-z_\/]+\.(c|sh)`/)
			print "docs/THREATS.md:" FNR ": no test is named"
		if (cell[n - 2] !~ /`[a-z]+\/[a-z_]+\.(c|h|def)`/)
			print "docs/THREATS.md:" FNR ": no code is named"
	}' docs/THREATS.md
}

lint_rule audit_ledger "docs/AUDIT has every file, and as it was read" \
    audit_ledger
lint_rule audit_threats "every claim of docs/THREATS.md names its test" \
    audit_threats
lint_end
