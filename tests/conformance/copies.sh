# SPDX-License-Identifier: ISC
# Part of work.sh: copies of a tree that has one of everything, by programs
# that keep it all, are the same there and back.
copies_tree() (
	mkdir "$1" && cd "$1" || exit 1
	mkdir -m 2775 setgid && mkdir -m 1777 sticky && mkdir -p deep/er/est
	cp -r "$top/docs" "$top/common" . || exit 1
	echo one >deep/one
	ln deep/one deep/er/hard
	ln -s ../one deep/er/soft
	ln -s /nowhere/at/all dangling
	mkfifo fifo
	mknod null c 1 3
	truncate -s 1M hole && printf x | dd of=hole bs=1 seek=700000 \
	    conv=notrunc status=none
	printf '' >"name with blanks and $(printf '\303\251\001')"
	printf '' >"$(printf 'n%.0s' $(seq 255))"
	setfattr -n user.text -v "a value" deep/one
	setfattr -n user.long -v "$(printf 'v%.0s' $(seq 1000))" deep
	setfacl -m u:1234:rw,g:2345:r deep/one
	setfacl -d -m u:1234:rwx deep/er
	chown 1234:2345 common/* deep/er
	chmod 4755 common/chan.c
	chmod 0 common/chan.h
	touch -d '1990-01-02 03:04:05.678901234' deep/one
	touch -h -d '2035-06-07 08:09:10.111' dangling
	touch -d '2001-02-03 04:05:06' deep/er deep
)

# Everything that is to be the same, in an order that is.
copies_say() {
	(
		cd "$1" || exit 1
		find . -printf '%p %y %m %U %G %s %n %T@ %l\n' | sort |
		    awk '$2 == "d" { $6 = $7 = "" } { print }'
		find . -type f -exec md5sum {} + | sort
		find . ! -type l -print0 | sort -z | xargs -0 getfacl -n -p
		find . -print0 | sort -z |
		    xargs -0 getfattr -h -d -m '^user\.' 2>/dev/null
		find . -type p -o -type c -printf '%p\n' | sort |
		    xargs -d '\n' stat -c '%n %F %t %T'
	)
}

copies_same() {
	copies_say "$1" >"$tmp/a" && copies_say "$2" >"$tmp/b" &&
	    diff "$tmp/a" "$tmp/b"
}

copies_tar() {
	mkdir "$2" && tar --xattrs --xattrs-include='user.*' --acls -S \
	    -C "$1" -cf - . | tar --xattrs --xattrs-include='user.*' --acls \
	    -S -p -C "$2" -xf -
}

copies_nothing() {
	[ -z "$(rsync -aHAX --modify-window=-1 --delete --itemize-changes -n "$1/" "$2/")" ]
}

rm -rf "$tmp/tree" "$tmp/back"
check "a tree with one of everything" copies_tree "$tmp/tree"
check "rsync -aHAX to the share" rsync -aHAX --modify-window=-1 \
    "$tmp/tree/" rsync/
check "what rsync wrote is the same" copies_same "$tmp/tree" rsync
check "rsync finds nothing to do" copies_nothing "$tmp/tree" rsync
check "rsync --checksum from the share" rsync -aHAXc --modify-window=-1 \
    rsync/ "$tmp/back/"
check "what rsync read is the same" copies_same rsync "$tmp/back"
check "tar to the share" copies_tar "$tmp/tree" tar
check "what tar wrote is the same" copies_same "$tmp/tree" tar
check "tar compares" sh -c 'tar -C "$1" --exclude=./null -cf - . |
    tar -C tar -df -' sh "$tmp/tree"
check "cp -a within the share" cp -a tar copy
check "what cp wrote is the same" copies_same tar copy
check "mv and rm" sh -c 'mv copy moved && rm -r moved && [ ! -e moved ]'
check "find and du" sh -c '[ "$(find tar | wc -l)" = \
    "$(find "$1" | wc -l)" ] && du -s tar' sh "$tmp/tree"
rm -rf "$tmp/tree" "$tmp/back"
