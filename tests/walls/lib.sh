# SPDX-License-Identifier: ISC
# Sourced by walls.sh and races.sh: a copy of the programs with some walls
# removed.

walls_build=${top_builddir:-.}

# walls_copy DIR WALL...: the programs, without these walls, in DIR.
walls_copy() {
	local dir=$1 list p

	shift
	mkdir "$dir"
	list=$(printf '%s,' "$@")
	[ $# -gt 0 ] || list=
	for p in viofsd viofsd-transport viofsd-fsworker; do
		LC_ALL=C sed "s/@@WALLS: \{48\}@@/$(printf \
		    '@@WALLS:%-48s@@' "$list")/" \
		    "$walls_build/tests/walls/$p" >"$dir/$p"
		chmod 755 "$dir/$p"
		if [ "$(LC_ALL=C grep -aoF "@@WALLS:$list " "$dir/$p" |
		    wc -l)" != 1 ] || [ "$(wc -c <"$dir/$p")" != \
		    "$(wc -c <"$walls_build/tests/walls/$p")" ]; then
			echo "Bail out! $p: cannot remove $list"
			exit 1
		fi
	done
}

# walls_run DIR WALLS PROGRAM ARGS...
walls_run() {
	local dir=$1 walls=$2

	shift 2
	VIOFSD=$dir/viofsd VIOFSD_LIBEXECDIR=$dir VIOFSD_WALL=$walls "$@"
}

# walls_tap: results of several programs on standard input, in one count.
walls_tap() {
	awk '/^(not )?ok / {
		sub(/ok [0-9]+/, "ok " ++n)
		bad += /^not /
	}
	/^1\.\.[0-9]+/ { plans++; next }
	/^Bail out!/ { bailed = 1 }
	{ print; fflush() }
	END {
		print "1.." n + 0
		exit bad > 0 || bailed || plans == 0
	}'
}
