# SPDX-License-Identifier: ISC
# Part of work.sh: programs that ask much of a file system.

# What stress-ng has for file systems and a mount of a share can do.
stressors="access chattr chdir chmod chown close copy-file dentry dir dirdeep
dirmany dup fallocate fcntl fiemap file-ioctl filename flock fpunch fstat
getdent hdd inode-flags iomix io link lockf lockofd mknod open pipe
readahead rename seek sync-file symlink touch utime xattr"

stress() {
	local status=0

	# With --verify a stressor compares what it reads with what it wrote.
	stress-ng --temp-path "$PWD" --timeout "$((1 + scale / 4))s" --verify \
	    --metrics-brief --"$1" 2 || status=$?
	# 3: nothing of it is here to be stressed; 4: left out by itself.
	if [ "$status" -eq 3 ] || [ "$status" -eq 4 ]; then
		return 77
	fi
	return "$status"
}

for stressor in $stressors; do
	if ! stress-ng --help | grep -qE -- "--$stressor N"; then
		skip "stress-ng $stressor" "this stress-ng does not have it"
		continue
	fi
	status=0
	stress "$stressor" >"$tmp/stress" 2>&1 </dev/null || status=$?
	if [ "$status" -eq 77 ]; then
		skip "stress-ng $stressor" "stress-ng cannot do it here"
	else
		check "stress-ng $stressor" sh -c \
		    'cat "$1"; exit "$2"' sh "$tmp/stress" "$status"
	fi
done

sqlite_make() {
	sqlite3 -batch "$1" <<END
PRAGMA journal_mode = $2;
PRAGMA mmap_size = $3;
CREATE TABLE t(id INTEGER PRIMARY KEY, who INTEGER, what BLOB);
CREATE INDEX i ON t(who);
END
}

sqlite_fill() {
	local i

	for ((i = 0; i < 5 * scale; i++)); do
		echo "BEGIN IMMEDIATE;"
		echo "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 50)
		    INSERT INTO t(who, what) SELECT $2, randomblob(500) FROM n;"
		echo "DELETE FROM t WHERE who = $2 AND id % 7 = $((i % 7));"
		echo "COMMIT;"
	done | sqlite3 -batch -cmd ".timeout 60000" "$1"
}

# Two writers at once, then a look at every page.
sqlite_work() {
	local a b

	rm -f db*
	sqlite_make db "$1" "$2" || return 1
	sqlite_fill db 1 &
	a=$!
	sqlite_fill db 2 &
	b=$!
	wait "$a" || return 1
	wait "$b" || return 1
	[ "$(sqlite3 db 'PRAGMA integrity_check')" = ok ] &&
	    [ "$(sqlite3 db 'SELECT count(DISTINCT who) FROM t')" = 2 ]
}

check "sqlite, two writers, rollback journal" sqlite_work delete 0
check "sqlite, two writers, persistent journal" sqlite_work persist 0
check "sqlite, two writers, write-ahead log" sqlite_work wal 0
check "sqlite, two writers, mapped" sqlite_work wal 16777216

git_source() (
	git init -q source && cd source || exit 1
	git config user.name conformance
	git config user.email conformance@localhost
	cp -r "$top/common" "$top/transport" "$top/docs" . || exit 1
	git add -A && git commit -q -m first || exit 1
	for ((i = 0; i < scale; i++)); do
		echo "$i" >>common/msg.c
		git mv "docs/TRUST.md" docs/x && git mv docs/x docs/TRUST.md
		git commit -q -a -m "change $i" || exit 1
		git branch "b$i" || exit 1
	done
)

git_same() {
	[ -z "$(git -C "$1" status --porcelain)" ] &&
	    git -C "$1" fsck --full --strict
}

check "git commits" git_source
check "git clones" git clone -q source clone
check "git clones with hard links" git clone -q --local source linked
check "git gc" git -C clone gc -q --aggressive --prune=now
check "git fsck" git_same clone
check "git checks out another branch" git -C linked checkout -q origin/b0
check "git fsck of the linked clone" git_same linked
check "git worktree" git -C source worktree add -q ../tree b0
check "git stash" sh -c 'echo x >>clone/common/msg.c &&
    git -C clone -c user.name=c -c user.email=c@localhost stash -q &&
    git -C clone -c user.name=c -c user.email=c@localhost stash pop -q &&
    git -C clone checkout -q .'

# What the host has from Debian as sources: this project.
compile_copy() {
	tar -C "$top" --exclude=./build --exclude=./.git -cf - . | tar -xf -
}

mkdir compile && cd compile || exit 1
check "tar unpacks the sources" compile_copy
check "configure" sh -c 'mkdir b && cd b && ../configure -q'
if [ "$scale" -gt 1 ]; then
	check "make" make -C b -s -j2
	check "the built program runs" b/viofsd --version
	check "make clean" make -C b -s clean
else
	check "make of the common part" make -C b -s build_id.h libcommon.a
fi
cd ..
