# SPDX-License-Identifier: ISC
# Three shares in one guest: /mnt with attributes, access control lists, locks
# that the host sees and write-back; /map with ids that are others on the host;
# /ro, which is read-only.  On the host the last two are directories of
# $GUEST_WORK, so that one word names a file there and here.
. /guest/prelude.sh
cd "$GUEST_WORK" || exit 1

as() { guesttool as "$@"; }
meta() { guestmeta "$@" 2>/dev/null; }
owner() { ask stat "$1" | cut -d ' ' -f 1-3; }

options_xattr() {
	echo x >attr
	check "attribute set" guestmeta setxattr attr user.one first
	check "another one" guestmeta setxattr attr user.two second
	same "attribute read" first "$(meta getxattr attr user.one)"
	same "attribute on the host" first "$(ask getxattr attr user.one)"
	same "attributes listed" "user.one user.two" \
	    "$(meta listxattr attr | sort | xargs)"
	check "attribute replaced" guestmeta setxattr attr user.one third
	same "the new value on the host" third "$(ask getxattr attr user.one)"
	check "attribute removed" guestmeta removexattr attr user.one
	same "it is gone" "ENODATA ENODATA" \
	    "$(meta getxattr attr user.one) $(ask getxattr attr user.one)"
	same "1000 may not set one on root's file" EACCES \
	    "$(as 1000 1000 guestmeta setxattr attr user.x y 2>/dev/null)"
	same "the host sets one" set "$(ask setxattr attr user.host there)"
	same "and the guest reads it" there "$(meta getxattr attr user.host)"
	rm attr
}

options_acl() {
	local list=u::6,u:1000:4,g::0,m::4,o::0
	local all=u::7,u:1001:7,g::5,m::7,o::0

	umask 022
	echo secret >acl
	chmod 600 acl
	check "1000 may not read" as 1000 1000 sh -c '! cat acl'
	check "list set" guestmeta setacl acl access "$list"
	same "list read" "$list" "$(meta getacl acl access)"
	same "list on the host" "$list" "$(ask getacl acl access)"
	same "1000 may read" secret "$(as 1000 1000 cat acl)"
	check "1000 may not write" as 1000 1000 sh -c '! echo x >acl'
	check "1001 may not read" as 1001 1001 sh -c '! cat acl'
	chmod 600 acl
	check "chmod takes the mask away" as 1000 1000 sh -c '! cat acl'
	same "as the host says" u::6,u:1000:4,g::0,m::0,o::0 \
	    "$(ask getacl acl access)"
	mkdir -m 777 acldir
	check "default list set" guestmeta setacl acldir default "$all"
	check "1000 makes a file and a directory there" \
	    as 1000 1000 sh -c 'umask 077; echo x >acldir/f; mkdir acldir/d'
	same "the file has the list, not the umask" \
	    u::6,u:1001:7,g::5,m::6,o::0 "$(ask getacl acldir/f access)"
	same "the directory has both lists" "$all $all" \
	    "$(ask getacl acldir/d access) $(ask getacl acldir/d default)"
	check "1001 writes that file" as 1001 1001 sh -c 'echo y >>acldir/f'
	check "1002 may not read it" as 1002 1002 sh -c '! cat acldir/f'
	rm -r acl acldir
}

# options_lock KIND: the guest has it, the host has it, the guest waits for it.
options_lock() {
	local pid held

	echo x >"$1"
	mkfifo /tmp/held
	guestmeta lock "$1" try "$1" \
	    sh -c 'echo held >/tmp/held; exec sleep 1000' &
	pid=$!
	read -r held </tmp/held
	same "$1: the guest gets it" held "$held"
	same "$1: then the host does not" locked "$(ask lock "$1" try "$1")"
	kill "$pid"
	wait "$pid" 2>/dev/null
	same "$1: the host gets it when the guest's process has ended" free \
	    "$(ask lock "$1" wait "$1")"
	same "$1: the host keeps it" held "$(ask hold "$1" "$1")"
	guestmeta lock "$1" try "$1" true
	same "$1: then the guest does not get it" "status 3" "status $?"
	guestmeta lock "$1" wait "$1" true &
	pid=$!
	same "$1: the host lets it go" gone "$(ask letgo)"
	wait "$pid"
	same "$1: then the guest gets it that waits" "status 0" "status $?"
	rm "$1" /tmp/held
}

options_locks() {
	options_lock flock
	options_lock posix
}

options_writeback() {
	local i=0

	exec 5>back
	while [ "$i" -lt 2000 ]; do
		echo "line $i" >&5
		i=$((i + 1))
	done
	exec 5>&-
	sync
	same "2000 short writes are on the host" \
	    "$(sha256sum back | cut -d ' ' -f 1)" "$(ask sha256 back)"
	same "none is lost" 2000 "$(wc -l <back)"
	printf 'more\n' >>back
	sync
	same "appended on the host" "0 0 644 $(stat -c %s back) 1" \
	    "$(ask stat back)"
	rm back
}

options_map() {
	umask 022
	mkdir /map
	check "second share mounted" mount -t virtiofs map /map
	same "its root is the guest's root's" "0 0" "$(stat -c '%u %g' /map)"
	echo x >/map/root
	same "root's file is 100000's on the host" "100000 100000 644" \
	    "$(owner map/root)"
	check "1000 makes a file" as 1000 1000 sh -c 'echo x >/map/user'
	same "it is 101000's on the host" "101000 101000 644" \
	    "$(owner map/user)"
	same "and 1000's here" "1000 1000" "$(stat -c '%u %g' /map/user)"
	check "root gives it away" chown 5:6 /map/user
	same "to 100005 and 100006 on the host" "100005 100006 644" \
	    "$(owner map/user)"
	same "and to 5 and 6 here" "5 6" "$(stat -c '%u %g' /map/user)"
	same "the host gives it to 100007" done "$(ask chown map/user 100007)"
	same "which is 7 here" "7 7" "$(umount /map; mount -t virtiofs map \
	    /map; stat -c '%u %g' /map/user)"
	rm /map/root /map/user
	umount /map
}

# refused NAME COMMAND...: it must fail because the share is read-only.
refused() {
	local name="read-only: no $1"

	shift
	case $("$@" 2>&1) in
	*Read-only\ file\ system*|*EROFS*)
		pass "$name" ;;
	*)	flunk "$name" ;;
	esac
}

options_readonly() {
	mkdir /ro
	check "third share mounted, not as read-only" \
	    mount -t virtiofs -o rw ro /ro
	same "its file is read" content "$(cat /ro/file)"
	refused "write" sh -c 'echo x >>/ro/file'
	refused "create" sh -c 'echo x >/ro/new'
	refused "mkdir" mkdir /ro/dir
	refused "symlink" ln -s x /ro/link
	refused "rename" mv /ro/file /ro/other
	refused "unlink" rm -f /ro/file
	refused "chmod" chmod 600 /ro/file
	refused "chown" chown 1:1 /ro/file
	refused "touch" touch /ro/file
	refused "attribute" guestmeta setxattr /ro/file user.x y
	same "nothing has changed on the host" "0 0 666 8 1 one" \
	    "$(ask stat ro/file) $(ls /ro | wc -l | sed 's/^1$/one/')"
	umount /ro
}

for part in xattr acl locks writeback map readonly; do
	"options_$part"
done
[ "$failures" -eq 0 ]
