# SPDX-License-Identifier: ISC
# Sourced by bash scripts after lib.sh: the host's side of what guest scripts
# ask.  host_work is the directory in which the guest works, as the host
# names it; daemon_pid serves it.  Answers are one line.

host_work=

host_process_table() {
	"$guest_src/../tools/proctable" "$daemon_pid"
}

# What the host tells people goes to the descriptor host_out.
host_say() {
	cat >&"$host_out"
}

# The process table for people, the number of mappers for the guest.
host_table() {
	local table

	table=$(host_process_table)
	printf '\nprocess table (* = not the namespace of the host):\n%s\n\n' \
	    "$table" | host_say
	awk '$NF == "yes"' <<<"$table" | wc -l
}

host_sums() {
	if (cd "$host_work" && sha256sum --quiet -c "$1" >/dev/null 2>&1); then
		echo "$(wc -l <"$host_work/$1") right"
	else
		echo "some wrong"
	fi
}

host_answer() {
	local path

	if [ "$1" = table ]; then
		host_table
		return
	fi
	case ${2:-..} in
	/*|*..*)
		echo "not below the work directory"
		return
		;;
	esac
	path=$host_work/$2
	case $1 in
	sha256)	sha256sum "$path" | cut -d ' ' -f 1 ;;
	stat)	stat -c '%u %g %a %s %h' "$path" ;;
	mtime)	stat -c %Y "$path" ;;
	sums)	host_sums "$2" ;;
	readlink) readlink "$path" ;;
	exists)	if [ -e "$path" ]; then echo present; else echo absent; fi ;;
	count)	find "$path" -mindepth 1 | wc -l ;;
	sparse)	if [ "$(stat -c %b "$path")" -lt 1024 ]; then
			echo sparse
		else
			echo full
		fi ;;
	*)	echo "unknown question" ;;
	esac 2>&1 | head -n 1
}

guest_ask() {
	host_answer "$@"
}

# host_tree DIR: DIR/tree.tar with some 3300 small files, DIR/tree.sums.
host_tree() {
	local d f dir tmp

	tmp=$(mktemp -d "$guest_tmp/tree.XXXXXX")
	for d in {1..60}; do
		dir=$tmp/tree/part$((d % 6))/dir$d
		mkdir -p "$dir"
		for f in {1..55}; do
			printf "%$((d * f % 3000))s%s\n" '' "file $f of $d" \
			    >"$dir/file$f.txt"
		done
	done
	(cd "$tmp" && find tree -type f -print0 | sort -z |
	    xargs -0 sha256sum) >"$1/tree.sums"
	tar -C "$tmp" -cf "$1/tree.tar" tree
	rm -rf "$tmp"
}
