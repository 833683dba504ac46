#!/bin/bash
# SPDX-License-Identifier: ISC
# bench.sh [ROUNDS]: viofsd and the virtiofsd of this machine in turn, each
# round with a fresh daemon and a fresh guest of one CPU, of whose passes the
# best counts; medians of the rounds, ratios and spread.
# A ratio above 1 says that viofsd is faster.  BENCH_DIR: where the shares are.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${VIOFSD_BUILD:-$here/../../build}
peer=${VIOFSD_PEER:-/usr/lib/qemu/virtiofsd}
rounds=${1:-5}

. "$here/lib.sh"

guest_line() {
	case $1 in
	@@bench\ *)	echo "$daemon $round ${1#@@bench }" >>"$results" ;;
	*)		printf '%s\n' "$1" ;;
	esac
}

daemon_command() {
	if [ "$daemon" = viofsd ]; then
		VIOFSD_LIBEXECDIR=$build exec "$build/viofsd" \
		    --socket-path "$1" --shared-dir "$2" --cache auto
	fi
	exec "$peer" --socket-path="$1" -o source="$2" -o cache=auto
}

one_round() {
	local share sock=$guest_tmp/$daemon.sock

	share=$(mktemp -d "${BENCH_DIR:-$guest_tmp}/share.XXXXXX")
	chmod 755 "$share"
	sync -f "$share"
	daemon_start "$guest_tmp/$daemon.log" "$sock" \
	    daemon_command "$sock" "$share"
	if ! GUEST_CPUS=1 guest_boot "$sock" "$here/bench-guest.sh"; then
		echo "$daemon did not finish round $round" >&2
		exit 1
	fi
	daemon_end 10 || true
	rm -rf "$share"
}

# Medians per daemon; the ratio of each round's pair, its median and range.
report() {
	awk '
	function median(a, n,    i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && a[j - 1] > a[j]; j--) {
				t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
			}
		return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
	}
	function collect(d, w,    r) {
		for (r = 1; r <= rounds; r++)
			list[r] = v[d, r, w]
		return median(list, rounds)
	}
	function is_rate(w) {
		return w == "write" || w == "read"
	}
	{
		k = $1 SUBSEP $2 SUBSEP $3
		if (!(k in v) || (is_rate($3) ? $4 + 0 > v[k] + 0 : $4 + 0 < v[k] + 0))
			v[k] = $4
		if ($2 > rounds)
			rounds = $2
	}
	END {
		printf "%-8s %-6s %10s %10s %7s  %s\n", "what", "unit",
		    "viofsd", "virtiofsd", "ratio", "range of ratios"
		n = split("write read create stat unlink", what, " ")
		for (i = 1; i <= n; i++) {
			w = what[i]
			rate = is_rate(w)
			a = collect("viofsd", w)
			b = collect("peer", w)
			for (r = 1; r <= rounds; r++)
				list[r] = rate ? v["viofsd", r, w] / v["peer", r, w] \
				    : v["peer", r, w] / v["viofsd", r, w]
			m = median(list, rounds)
			printf "%-8s %-6s %10.1f %10.1f %7.2f  %.2f to %.2f\n",
			    w, rate ? "MiB/s" : "us", a, b, m, list[1],
			    list[rounds]
		}
	}' "$results"
}

trap guest_cleanup EXIT
trap 'exit 143' INT TERM HUP
if [ ! -x "$peer" ]; then
	echo "no virtiofsd at $peer to compare with" >&2
	exit 1
fi
guest_image
guest_tmpdir
results=$guest_tmp/results
echo "accelerator: $guest_accel, rounds: $rounds"
for ((round = 1; round <= rounds; round++)); do
	for daemon in viofsd peer; do
		one_round
	done
done
report
