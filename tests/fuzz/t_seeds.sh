#!/bin/sh
# SPDX-License-Identifier: ISC
# The inputs that tests/fuzz/seeds makes are those of the corpus: a message
# that changed its size would leave a seed behind that no target gets past.
set -eu

top=${top_srcdir:-.}
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

"${top_builddir:-.}/tests/fuzz/seeds" "$made"
echo "1..$(find "$made" -mindepth 1 -maxdepth 1 -type d | wc -l)"
nr=0 bad=0
for dir in "$made"/*/; do
	target=$(basename "$dir")
	nr=$((nr + 1))
	stale=
	for f in "$dir"*; do
		cmp -s "$f" "$top/tests/fuzz/corpus/$target/${f##*/}" ||
		    stale="$stale ${f##*/}"
	done
	if [ -z "$stale" ]; then
		echo "ok $nr - $target: the seeds are as they are made"
	else
		bad=1
		echo "not ok $nr - $target: make fuzz-seeds changes$stale"
	fi
done
exit "$bad"
