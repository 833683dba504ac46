# SPDX-License-Identifier: ISC
# From the results of bench.sh (load, daemon, round, operations, seconds,
# median, 99th percentile, processor time and switches of an operation) a
# table: a ratio above 1 says that viofsd is faster, or latency is less, than
# the fastest of the others by their medians.  A ratio of processor time above
# 1 says that viofsd needs more of it.
function median(n,    i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function collect(what, load, daemon,    r, n) {
	n = 0
	for (r = 1; r <= rounds; r++)
		if ((what, load, daemon, r) in value)
			list[++n] = value[what, load, daemon, r]
	return n > 0 ? median(n) : 0
}

function ratio_list(load, best,    r, n, ours) {
	n = 0
	for (r = 1; r <= rounds; r++) {
		if (!(("rate", load, best, r) in value) ||
		    !(("rate", load, "viofsd", r) in value))
			continue
		ours = value["rate", load, "viofsd", r]
		list[++n] = ours / value["rate", load, best, r]
	}
	return n
}

function line(load,    d, best, rate, n, mid, low, high, ours, theirs, name) {
	best = ""
	for (d = 1; d <= daemons; d++) {
		name = daemon[d]
		if (name == "viofsd")
			continue
		rate = collect("rate", load, name)
		if (best == "" || rate > collect("rate", load, best))
			best = name
	}
	n = best == "" ? 0 : ratio_list(load, best)
	if (n == 0)
		return
	mid = median(n)
	low = list[1]
	high = list[n]
	ours = collect("cpu", load, "viofsd")
	printf "%s\t%.2f\t%.2f\t%.2f\t%s\t%.1f\t%.1f", load, mid, low,
	    high, best, collect("rate", load, "viofsd"),
	    collect("rate", load, best)
	theirs = collect("cpu", load, best)
	printf "\t%.2f\t%.2f\t%.2f", (theirs > 0 ? ours / theirs : 0),
	    collect("switches", load, "viofsd"),
	    collect("switches", load, best)
	printf "\t%.1f\t%.1f\n", collect("p99", load, "viofsd"),
	    collect("p99", load, best)
}

/^#/ { next }
{
	if (!($1 in seen_load)) {
		seen_load[$1] = 1
		load[++loads] = $1
	}
	if (!($2 in seen_daemon)) {
		seen_daemon[$2] = 1
		daemon[++daemons] = $2
	}
	if ($3 > rounds)
		rounds = $3
	# Beside a slow disk it is the latency of the unlucky that counts.
	value["rate", $1, $2, $3] = $1 ~ /^beside/ ? 1e6 / $7 : $4 / $5
	value["p99", $1, $2, $3] = $7
	value["cpu", $1, $2, $3] = $8
	value["switches", $1, $2, $3] = $9
}

END {
	print "load\tratio\tlow\thigh\tbest other\tviofsd/s\tother/s" \
	    "\tcpu ratio\tswitches\tother's\tp99 us\tother's"
	for (i = 1; i <= loads; i++)
		line(load[i])
}
