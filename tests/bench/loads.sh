# SPDX-License-Identifier: ISC
# What ./dev bench measures: one function for each kind of load, called with
# the daemon's number, and the table of all of them.  Sourced by bench.sh.

# name | cache of the daemon | kind and its arguments
bench_table() {
	cat <<'END'
read-never|never|load 1 read
read-cold|auto|load 1 read
read-warm|auto|load 1 read-warm
write-never|never|load 1 write
write|auto|load 1 write
random-read-1|never|load 1 -d 1 random-read
random-read-32|never|load 1 -d 32 random-read
random-write-1|never|load 1 -d 1 random-write
random-write-32|never|load 1 -d 32 random-write
fsync|auto|load 1 fsync
create|auto|load 1 create
mkdir|auto|load 1 mkdir
stat-cold|auto|load 1 stat
missing|auto|load 1 missing
chmod|auto|load 1 chmod
open-read-close|auto|load 1 open-read
rename|auto|load 1 rename
unlink|auto|load 1 unlink
create-8|auto|load 8 create
stat-cold-8|auto|load 8 stat
open-read-close-8|auto|load 8 open-read
rename-8|auto|load 8 rename
unlink-8|auto|load 8 unlink
create-64-users|auto|load 64 -u -n 100 create
stat-cold-64-users|auto|load 64 -u -n 100 stat
open-read-close-64-users|auto|load 64 -u -n 100 open-read
rename-64-users|auto|load 64 -u -n 100 rename
unlink-64-users|auto|load 64 -u -n 100 unlink
readdir-100000|auto|load 1 -n 100000 readdir
list-5000|auto|load 1 -n 5000 list
ls-lR|auto|tree run ls -lR
find|auto|tree run find . -type f
untar|auto|untar
rm-rf|auto|tree run rm -rf tree
git-status|auto|git run git -C tree status --short
compile|auto|compile
beside-slow-disk|never|slow
END
}

# load PROCESSES [OPTION...] NAME: a load of the program.
bench_load() {
	local procs=$1

	shift
	bench_time -p "$procs" "${@:1:$#-1}" -w "$share/work" "${@:$#}" "$dir"
}

bench_tar() {
	tar -C "$dir/p0" -xf "$bench_tmp/tree.tar"
}

# tree KIND COMMAND...: in a directory that has the tree of 5000 files.
bench_tree() {
	mkdir "$dir/p0"
	bench_tar
	bench_time -k -w "$share/work" "$1" "$dir" "${@:2}"
}

bench_untar() {
	mkdir "$dir/p0"
	bench_time -k run-warm "$dir" tar -xf "$bench_tmp/tree.tar"
}

bench_git() {
	mkdir "$dir/p0"
	bench_tar
	(cd "$dir/p0/tree" && git init -q . && git add . &&
	    git -c user.name=bench -c user.email=bench commit -qm bench)
	bench_time -k -w "$share/work" "$1" "$dir" "${@:2}"
}

bench_compile() {
	mkdir "$dir/p0"
	cp -r "$top/common" "$top/fsworker" "$build/config.h" "$dir/p0/"
	bench_time -k -w "$share/work" run "$dir" sh -c 'for f in fsworker/*.c; do
		gcc -std=gnu17 -D_GNU_SOURCE -I. -O1 -c -o "$f.o" "$f" ||
		    exit 1
	done'
}

# Random reads of a disk that gives 50 pages a second, four at a time, and
# what names that are elsewhere cost meanwhile.
bench_slow() {
	local status=0 reader

	if [ -z "$bench_throttle" ]; then
		return 77
	fi
	# The file is made by one operation; then nothing of it is cached.
	"$bench_program" -n 1 -d 1 random-read "$mnt/slow" >/dev/null
	sync -f "$share/slow"
	echo 3 >/proc/sys/vm/drop_caches
	"$bench_program" -k -d 4 -n 100000 random-read "$mnt/slow" \
	    >/dev/null 2>&1 &
	reader=$!
	sleep 0.5
	bench_time -n 60 missing "$dir" || status=$?
	kill "$reader" 2>/dev/null || true
	wait "$reader" 2>/dev/null || true
	rm -rf "$mnt/slow/p0"
	return "$status"
}
