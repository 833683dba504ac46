/*
 * Copyright (c) 2026 The viofsd authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * Knows: POSIX access control lists, as the bytes of their attributes.
 * Never: other attributes.
 */

#include "posix.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ACCESS	"system.posix_acl_access"
#define DEFAULT	"system.posix_acl_default"

/* The kernel's format: a version, then entries; all little-endian. */
enum {
	USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32
};

struct ace {
	uint16_t	 tag, perm;
	uint32_t	 id;
};

struct acl {
	uint32_t	 version;
	struct ace	 e[8];
};

#define NO_ID	UINT32_MAX

static int
set(const char *name, const char *attr, const struct ace *e, size_t cnt)
{
	struct acl	 a = { .version = 2 };

	memcpy(a.e, e, cnt * sizeof(*e));
	return setxattr(name, attr, &a, 4 + cnt * sizeof(*e), 0);
}

/* The permissions of an entry, -1 if there is none, -2 without a list. */
static int
perm(const char *name, const char *attr, int tag, uint32_t id)
{
	struct acl	 a;
	ssize_t		 len = getxattr(name, attr, &a, sizeof(a));
	size_t		 i;

	if (len < 4)
		return -2;
	for (i = 0; i < ((size_t)len - 4) / sizeof(a.e[0]); i++)
		if (a.e[i].tag == tag && (id == NO_ID || a.e[i].id == id))
			return a.e[i].perm;
	return -1;
}

static int
try_open(const char *name, int flags)
{
	int	 fd = open(name, flags);

	return fd == -1 ? -1 : close(fd);
}

static void
may(const struct px_cred *cred, const char *name, int bits)
{
	if (px_as(cred)) {
		px_rc(try_open(name, O_RDONLY), bits & 4 ? 0 : EACCES, "read");
		px_rc(try_open(name, O_WRONLY), bits & 2 ? 0 : EACCES, "write");
		px_rc(access(name, X_OK), bits & 1 ? 0 : EACCES, "X_OK");
		px_rc(access(name, R_OK), bits & 4 ? 0 : EACCES, "R_OK");
		px_end();
	}
}

static void
group_access(void)
{
	const struct ace	 list[] = {
		{ USER_OBJ, 6, NO_ID }, { USER, 7, PX_ALICE },
		{ GROUP_OBJ, 4, NO_ID }, { GROUP, 2, PX_CLUB },
		{ MASK, 6, NO_ID }, { OTHER, 1, NO_ID },
	};

	if (!px_can("acl"))
		return;
	px_file("f", "text", 0644);
	FAILS(ENODATA, getxattr("f", ACCESS, NULL, 0));
	OK(set("f", ACCESS, list, PX_CNT(list)));
	GIVES(4 + 6 * 8, getxattr("f", ACCESS, NULL, 0));
	GIVES(0661, px_mode("f"));
	GIVES(7, perm("f", ACCESS, USER, PX_ALICE));
	GIVES(2, perm("f", ACCESS, GROUP, PX_CLUB));
	px_at("by list, the user with the mask");
	may(&px_alice, "f", 6);
	px_at("by list, a supplementary group");
	may(&px_bob, "f", 2);
	px_at("by list, others");
	may(&px_carol, "f", 1);
	px_at("by list, the mask is the group of the mode");
	OK(chmod("f", 0624));
	GIVES(2, perm("f", ACCESS, MASK, NO_ID));
	GIVES(4, perm("f", ACCESS, GROUP_OBJ, NO_ID));
	GIVES(4, perm("f", ACCESS, OTHER, NO_ID));
	may(&px_alice, "f", 2);
	may(&px_bob, "f", 2);
	may(&px_carol, "f", 4);
	px_at("by list, an empty mask");
	OK(chmod("f", 0600));
	GIVES(0, perm("f", ACCESS, MASK, NO_ID));
	may(&px_alice, "f", 0);
	may(&px_bob, "f", 0);
	px_at("without the list again");
	OK(removexattr("f", ACCESS));
	FAILS(ENODATA, getxattr("f", ACCESS, NULL, 0));
	GIVES(0600, px_mode("f"));
	OK(chmod("f", 0644));
	may(&px_alice, "f", 4);
}

/* A list that says no more than a mode becomes one. */
static void
group_minimal(void)
{
	const struct ace	 list[] = {
		{ USER_OBJ, 7, NO_ID }, { GROUP_OBJ, 5, NO_ID },
		{ OTHER, 0, NO_ID },
	};
	struct ace		 bad[] = {
		{ USER_OBJ, 7, NO_ID }, { USER, 7, PX_BOB },
		{ GROUP_OBJ, 5, NO_ID }, { OTHER, 0, NO_ID },
	};

	if (!px_can("acl"))
		return;
	px_file("f", "text", 0644);
	OK(set("f", ACCESS, list, PX_CNT(list)));
	GIVES(0750, px_mode("f"));
	FAILS(ENODATA, getxattr("f", ACCESS, NULL, 0));
	FAILS(EINVAL, set("f", ACCESS, bad, PX_CNT(bad)));
	FAILS(EINVAL, set("f", ACCESS, list, 2));
	bad[1].tag = 77;
	FAILS(EINVAL, set("f", ACCESS, bad, PX_CNT(bad)));
	FAILS(EACCES, set("f", DEFAULT, list, PX_CNT(list)));
	GIVES(0750, px_mode("f"));
	px_own("f", PX_ALICE, PX_ALICE, 0644);
	if (px_as(&px_alice)) {
		OK(set("f", ACCESS, list, PX_CNT(list)));
		GIVES(0750, px_mode("f"));
		px_end();
	}
	if (px_as(&px_bob)) {
		FAILS(EPERM, set("f", ACCESS, list, PX_CNT(list)));
		FAILS(EPERM, removexattr("f", ACCESS));
		px_end();
	}
}

static void
group_default(void)
{
	const struct ace	 list[] = {
		{ USER_OBJ, 7, NO_ID }, { USER, 7, PX_ALICE },
		{ GROUP_OBJ, 5, NO_ID }, { MASK, 7, NO_ID },
		{ OTHER, 0, NO_ID },
	};
	int			 fd;

	if (!px_can("acl"))
		return;
	px_dir("d", 0777);
	OK(set("d", DEFAULT, list, PX_CNT(list)));
	GIVES(0777, px_mode("d"));
	/* The mask of the process does not count here. */
	umask(077);
	OK(fd = open("d/f", O_RDWR | O_CREAT, 0666));
	close(fd);
	OK(mkdir("d/sub", 0777));
	OK(mkfifo("d/fifo", 0666));
	OK(mknod("d/reg", S_IFREG | 0640, 0));
	OK(symlink("f", "d/link"));
	umask(022);
	GIVES(0660, px_mode("d/f"));
	GIVES(7, perm("d/f", ACCESS, USER, PX_ALICE));
	GIVES(6, perm("d/f", ACCESS, MASK, NO_ID));
	GIVES(5, perm("d/f", ACCESS, GROUP_OBJ, NO_ID));
	GIVES(0770, px_mode("d/sub"));
	GIVES(7, perm("d/sub", DEFAULT, USER, PX_ALICE));
	GIVES(7, perm("d/sub", ACCESS, USER, PX_ALICE));
	GIVES(0660, px_mode("d/fifo"));
	GIVES(0640, px_mode("d/reg"));
	GIVES(4, perm("d/reg", ACCESS, MASK, NO_ID));
	GIVES(-2, perm("d/f", DEFAULT, USER, PX_ALICE));
	px_at("by a default list");
	may(&px_alice, "d/f", 6);
	may(&px_bob, "d/f", 0);
	if (px_as(&px_bob)) {
		umask(077);
		OK(fd = open("d/bobs", O_RDWR | O_CREAT, 0666));
		GIVES(PX_BOB, px_uid("d/bobs"));
		GIVES(0660, px_mode("d/bobs"));
		GIVES(7, perm("d/bobs", ACCESS, USER, PX_ALICE));
		OK(mkdir("d/bobdir", 0700));
		GIVES(0700, px_mode("d/bobdir"));
		GIVES(0, perm("d/bobdir", ACCESS, MASK, NO_ID));
		GIVES(7, perm("d/bobdir", DEFAULT, MASK, NO_ID));
		px_end();
	}
	may(&px_alice, "d/bobs", 6);
	if (px_can("tmpfile")) {
		OK(fd = open("d", O_RDWR | O_TMPFILE, 0666));
		OK(linkat(fd, "", AT_FDCWD, "d/tmp", AT_EMPTY_PATH));
		close(fd);
		GIVES(7, perm("d/tmp", ACCESS, USER, PX_ALICE));
		GIVES(0660, px_mode("d/tmp"));
	}
	OK(removexattr("d", DEFAULT));
	OK(close(open("d/plain", O_RDWR | O_CREAT, 0666)));
	GIVES(0644, px_mode("d/plain"));
	GIVES(-2, perm("d/plain", ACCESS, USER, PX_ALICE));
}

/* Set-gid goes when somebody outside the group sets a list. */
static void
group_setgid(void)
{
	const struct ace	 list[] = {
		{ USER_OBJ, 7, NO_ID }, { USER, 7, PX_BOB },
		{ GROUP_OBJ, 5, NO_ID }, { MASK, 7, NO_ID },
		{ OTHER, 5, NO_ID },
	};

	if (!px_can("acl"))
		return;
	px_file("in", "text", 0644);
	px_file("out", "text", 0644);
	px_own("in", PX_ALICE, PX_ALICE, 02755);
	px_own("out", PX_ALICE, PX_CLUB, 02755);
	if (px_as(&px_alice)) {
		OK(set("in", ACCESS, list, PX_CNT(list)));
		GIVES(02775, px_mode("in"));
		OK(set("out", ACCESS, list, PX_CNT(list)));
		GIVES(0775, px_mode("out"));
		px_end();
	}
	px_own("out", PX_ALICE, PX_CLUB, 02755);
	OK(set("out", ACCESS, list, PX_CNT(list)));
	GIVES(02775, px_mode("out"));
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "access", group_access },
		{ "minimal", group_minimal },
		{ "default", group_default },
		{ "setgid", group_setgid },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
