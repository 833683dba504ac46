# SPDX-License-Identifier: ISC
# Real work on the share, in the guest (busybox sh).  Everything happens below
# $GUEST_WORK, by names relative to it.  host.sh answers what is asked.
. /guest/prelude.sh
cd "$GUEST_WORK" || exit 1

host_stat() { ask stat "$1"; }
as() { guesttool as "$@"; }
sha() { sha256sum "$1" | cut -d ' ' -f 1; }
drop() { sync; echo 3 >/proc/sys/vm/drop_caches; }

work_mount() {
	say "kernel: $(uname -srm)"
	say "mount:  $(grep ' /mnt ' /proc/mounts)"
	same "the share is mounted as virtiofs" virtiofs \
	    "$(awk '$2 == "/mnt" { print $3 }' /proc/mounts)"
}

work_big() {
	local want

	want=$(guesttool fill 7 256 | sha256sum | cut -d ' ' -f 1)
	check "256 MiB written" sh -c 'guesttool fill 7 256 >big'
	drop
	same "256 MiB read back alike" "$want" "$(sha big)"
	same "256 MiB alike on the host" "$want" "$(ask sha256 big)"
	say "sha256: $want"
	rm big
}

work_tree() {
	local files

	check "tree unpacked by tar" tar -xf tree.tar
	files=$(find tree -type f | wc -l)
	same "tree has all files" "$(wc -l <tree.sums)" "$files"
	drop
	check "tree: each file right in the guest" sha256sum -s -c tree.sums
	same "tree: each file right on the host" "$files right" \
	    "$(ask sums tree.sums)"
	check "tree removed" rm -r tree
	same "tree gone on the host" absent "$(ask exists tree)"
	say "tree: $files files"
}

work_links() {
	echo one >l1
	check "hard link made" ln l1 l2
	same "hard link: same inode" "$(stat -c %i l1)" "$(stat -c %i l2)"
	same "hard link: two names on the host" "0 0 644 4 2" \
	    "$(host_stat l1)"
	echo two >>l2
	same "hard link: written by the other name" "one two" \
	    "$(tr '\n' ' ' <l1 | sed 's/ $//')"
	rm l1
	same "hard link: one name left" "0 0 644 8 1" "$(host_stat l2)"
	check "symlink made" ln -s l2 s1
	same "symlink read" l2 "$(readlink s1)"
	same "symlink followed" one "$(head -n 1 s1)"
	same "symlink on the host" l2 "$(ask readlink s1)"
	ln -s nowhere/at/all s2
	check "dangling symlink is no file" sh -c '! cat s2'
	rm l2 s1 s2
}

work_rename() {
	echo new >r1
	echo old >r2
	exec 5<r2
	check "rename over an existing file" mv -f r1 r2
	same "rename: new content" new "$(cat r2)"
	same "rename: old name gone on the host" absent "$(ask exists r1)"
	same "rename: the open old file still reads" old "$(cat <&5)"
	exec 5<&-
	mkdir -p rd/a/b
	echo deep >rd/a/b/c
	check "rename of a directory" mv rd re
	same "rename: content beneath came along" deep "$(cat re/a/b/c)"
	echo x >r3
	check "rename without replacing is refused" \
	    sh -c '! guesttool rename noreplace r3 r2'
	check "rename exchanges" guesttool rename exchange r3 r2
	same "rename: exchanged" "new x" "$(cat r3) $(cat r2)"
	mkdir -p rf/x
	check "rename over a full directory is refused" \
	    sh -c '! guesttool rename replace re rf'
	check "removing a full directory is refused" sh -c '! rmdir rf'
	rm -r r2 r3 re rf
}

work_content() {
	check "sparse file written" \
	    dd if=/dev/zero of=sparse bs=4096 count=1 seek=16384
	same "sparse: size" 67112960 "$(stat -c %s sparse)"
	check "sparse: few blocks" [ "$(stat -c %b sparse)" -lt 1024 ]
	same "sparse: few blocks on the host" sparse "$(ask sparse sparse)"
	printf 'one\n' >app
	printf 'two\n' >>app
	(for i in 1 2 3 4 5 6 7 8 9 10; do echo a; done >>app) &
	(for i in 1 2 3 4 5 6 7 8 9 10; do echo b; done >>app) &
	wait
	same "append: nothing lost or overwritten" "22 lines" \
	    "$(wc -l <app) lines"
	printf '0123456789' >shrunk
	truncate -s 4 shrunk
	same "truncate: shorter" 0123 "$(cat shrunk)"
	truncate -s 8192 shrunk
	same "truncate: longer reads as zero" "8192 0123" \
	    "$(stat -c %s shrunk) $(tr -d '\000' <shrunk)"
	echo gone >open
	exec 5<open
	rm open
	same "an unlinked open file still reads" gone "$(cat <&5)"
	exec 5<&-
	check "fallocate" fallocate -l 1048576 reserved
	same "fallocate: size and blocks on the host" "0 0 644 1048576 1 full" \
	    "$(host_stat reserved) $(ask sparse reserved)"
	check "program copied to the share" cp /bin/busybox busybox2
	same "program runs from the share" 42 "$(./busybox2 echo 42)"
	rm sparse app shrunk reserved busybox2
}

work_mmap() {
	check "mmap write" guesttool mmap map
	drop
	same "mmap write on the host" "$(sha map)" "$(ask sha256 map)"
	rm map
}

work_owners() {
	umask 022
	mkdir -m 777 own
	echo r >own/root
	check "created as uid 1000" as 1000 1000 sh -c \
	    'umask 027; echo u >own/user; mkdir own/dir; ln -s x own/link;
	    mkfifo own/fifo'
	same "owner of root's file on the host" "0 0 644 2 1" \
	    "$(host_stat own/root)"
	same "owner of 1000's file on the host" "1000 1000 640 2 1" \
	    "$(host_stat own/user)"
	same "owner of 1000's directory" "1000 1000 750" \
	    "$(host_stat own/dir | cut -d ' ' -f 1-3)"
	same "owner of 1000's symlink" "1000 1000" \
	    "$(host_stat own/link | cut -d ' ' -f 1-2)"
	same "owner of 1000's fifo" "1000 1000 640" \
	    "$(host_stat own/fifo | cut -d ' ' -f 1-3)"
	check "1000 may not write root's file" \
	    as 1000 1000 sh -c '! echo x >>own/root'
	chmod 600 own/root
	check "1000 may not read root's 0600 file" \
	    as 1000 1000 sh -c '! cat own/root'
	check "1000 may not give a file away" \
	    as 1000 1000 sh -c '! chown 0 own/user'
	check "1000 changes the mode of its file" \
	    as 1000 1000 chmod 604 own/user
	check "root gives a file away" chown 1000:100 own/root
	same "owner and mode after chown and chmod" \
	    "1000 100 600 1000 1000 604" "$(host_stat own/root |
	    cut -d ' ' -f 1-3) $(host_stat own/user | cut -d ' ' -f 1-3)"
	echo x >own/suid
	chmod 6757 own/suid
	echo y >>own/suid
	same "root's write keeps set-uid and set-gid" "0 0 6757" \
	    "$(host_stat own/suid | cut -d ' ' -f 1-3)"
	check "1000 writes a set-uid file" as 1000 1000 sh -c 'echo z >>own/suid'
	same "1000's write takes set-uid and set-gid away" "0 0 757" \
	    "$(host_stat own/suid | cut -d ' ' -f 1-3)"
	touch -d '2001-02-03 04:05:06' own/user
	same "time set" "981173106 981173106" \
	    "$(stat -c %Y own/user) $(ask mtime own/user)"
	rm -r own
}

work_setgid() {
	umask 022
	mkdir shared
	chown 0:2000 shared
	chmod 2775 shared
	check "member of the group creates in a set-gid directory" \
	    as 1000 1000,2000 sh -c 'umask 022; echo x >shared/f; mkdir shared/d'
	same "set-gid: file has the group" "1000 2000 644" \
	    "$(host_stat shared/f | cut -d ' ' -f 1-3)"
	same "set-gid: directory has group and bit" "1000 2000 2755" \
	    "$(host_stat shared/d | cut -d ' ' -f 1-3)"
	check "others may not create there" \
	    as 1001 1001 sh -c '! echo x >shared/g'
	rm -r shared
}

work_names() {
	local i=0 long

	mkdir many
	while [ "$i" -lt 1000 ]; do
		: >"many/$i"
		i=$((i + 1))
	done
	drop
	same "1000 files listed" 1000 "$(find many -type f | sort -u | wc -l)"
	same "1000 files on the host" 1000 "$(ask count many)"
	rm -r many
	long=$(head -c 255 /dev/zero | tr '\000' n)
	check "a name of 255 bytes" sh -c ": >$long && rm $long"
	check "a name of 256 bytes is refused" sh -c "! touch ${long}n"
	printf 'x' >"with space and
newline"
	same "a name with a newline" found \
	    "$(find . -name 'with*newline' -exec echo found \;)"
	rm with*
}

work_end() {
	say "df:"
	df -h /mnt
	check "df knows the size" [ "$(df -P /mnt | awk 'NR == 2 { print $2 }')" \
	    -gt 0 ]
	same "one process maps guest memory" 1 "$(ask table)"
}

for part in ${GUEST_PARTS:-mount big tree links rename content mmap owners \
    setgid names end}; do
	"work_$part"
done
[ "$failures" -eq 0 ]
