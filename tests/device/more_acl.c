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
 * Knows: what --posix-acl does; every result is compared with what the same
 * call does on the host.
 * Never: other attributes (more_xattr.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/xattr.h>

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define MORE_ACCESS	"system.posix_acl_access"
#define MORE_DEFAULT	"system.posix_acl_default"
#define MORE_ENTRY_MAX	8

struct more_acl {
	struct posix_acl_xattr_header	 head;
	struct posix_acl_xattr_entry	 entry[MORE_ENTRY_MAX];
	uint32_t			 len;		/* bytes */
};

static const char *const	 more_acl_on[] = { "--posix-acl", NULL };

static void
more_acl_add(struct more_acl *a, uint16_t tag, uint16_t perm, uint32_t id)
{
	struct posix_acl_xattr_entry	*e;

	if (a->len == 0) {
		a->head.a_version = htole32(POSIX_ACL_XATTR_VERSION);
		a->len = sizeof(a->head);
	}
	e = &a->entry[(a->len - sizeof(a->head)) / sizeof(*e)];
	e->e_tag = htole16(tag);
	e->e_perm = htole16(perm);
	e->e_id = htole32(id);
	a->len += (uint32_t)sizeof(*e);
}

/* owner rwx, user 1001 rwx, group r-x, mask rwx, others nothing */
static struct more_acl
more_acl_default(void)
{
	struct more_acl	 a = { .len = 0 };

	more_acl_add(&a, ACL_USER_OBJ, 7, ACL_UNDEFINED_ID);
	more_acl_add(&a, ACL_USER, 7, 1001);
	more_acl_add(&a, ACL_GROUP_OBJ, 5, ACL_UNDEFINED_ID);
	more_acl_add(&a, ACL_MASK, 7, ACL_UNDEFINED_ID);
	more_acl_add(&a, ACL_OTHER, 0, ACL_UNDEFINED_ID);
	return a;
}

static int
more_acl_set(struct box *b, uint64_t node, const char *name,
    const struct more_acl *a, uint32_t flags)
{
	struct fuse_setxattr_in	 in = { .size = a->len,
	    .setxattr_flags = flags };

	return fs_setxattr_ext(&b->fs, node, name, &in, a);
}

/* The same attribute on two files of the host. */
static bool
more_acl_same(struct box *b, const char *one, const char *two,
    const char *name)
{
	char	 x[256], y[256];
	ssize_t	 n, m;

	n = lgetxattr(box_host(b, one), name, x, sizeof(x));
	m = lgetxattr(box_host(b, two), name, y, sizeof(y));
	if (n == m && (n <= 0 || memcmp(x, y, (size_t)n) == 0))
		return true;
	tap_diag("%s differs: %zd bytes on %s, %zd on %s", name, n, one, m,
	    two);
	return false;
}

/* Without all of three features a guest gets no such share. */
static void
more_acl_init(void)
{
	static const uint64_t	 need[] = { FUSE_POSIX_ACL, FUSE_DONT_MASK,
	    FUSE_SETXATTR_EXT };
	const uint64_t		 all = FUSE_POSIX_ACL | FUSE_DONT_MASK |
	    FUSE_SETXATTR_EXT;
	struct fuse_init_out	 out;
	struct box		 b;
	unsigned		 i;

	if (more_start_bare(&b, more_acl_on)) {
		for (i = 0; i < 3; i++) {
			tap_rc(fs_init_as(&b.fs, 7, 38,
			    FS_INIT_FLAGS & ~need[i], NULL), -EPROTO,
			    "a guest without feature 0x%llx",
			    (unsigned long long)need[i]);
			tap_rc(fs_getattr(&b.fs, FUSE_ROOT_ID,
			    &(struct fuse_attr_out){ 0 }), -EIO,
			    "it is not served");
		}
		tap_rc(fs_init(&b.fs, &out), 0, "a guest with all of them");
		tap_is((long long)(out.flags & all), (long long)all,
		    "it gets all of them");
	}
	box_close(&b);
}

/* The host's directory "want" and the guest's "got" get the same. */
static void
more_acl_dirs(struct box *b, const struct more_acl *a)
{
	uint64_t	 n;

	if (mkdir(box_host(b, "want"), 0777) == -1 ||
	    mkdir(box_host(b, "got"), 0777) == -1 ||
	    lsetxattr(box_host(b, "want"), MORE_DEFAULT, a, a->len, 0) == -1)
		tap_bail("an ACL on the host: %s", strerror(errno));
	n = more_node_of(b, "got");
	tap_rc(more_acl_set(b, n, MORE_DEFAULT, a, 0), 0,
	    "set a default ACL");
	tap_ok(more_acl_same(b, "want", "got", MORE_DEFAULT),
	    "it is on the host");
}

/* Make one thing through the device and directly, and compare. */
static void
more_acl_make(struct box *b, uint32_t opcode, const char *name,
    uint32_t mode)
{
	struct fs_make	 m = { .opcode = opcode, .mode = mode, .umask = 027,
	    .name = name, .flags = O_RDWR | O_EXCL };
	struct fs_file	 f;
	char		 got[64], want[64];
	int		 rc;

	snprintf(got, sizeof(got), "got/%s", name);
	snprintf(want, sizeof(want), "want/%s", name);
	m.dir = more_node_of(b, "got");
	tap_rc(fs_make(&b->fs, &m, &f), 0, "make %s", got);
	umask(027);
	if (opcode == FUSE_MKDIR)
		rc = mkdir(box_host(b, want), mode);
	else
		rc = mknod(box_host(b, want), mode, 0);
	umask(022);
	if (rc == -1)
		tap_bail("%s: %s", want, strerror(errno));
	tap_is(more_mode(b, got), more_mode(b, want), "its mode is right");
	tap_is(f.entry.attr.mode & 07777, more_mode(b, want),
	    "the reply says so");
	tap_ok(more_acl_same(b, want, got, MORE_ACCESS), "its ACL is right");
	tap_ok(more_acl_same(b, want, got, MORE_DEFAULT),
	    "and its default ACL");
}

static void
more_acl_inherit(struct box *b)
{
	const struct more_acl	 a = more_acl_default();

	more_acl_dirs(b, &a);
	more_acl_make(b, FUSE_CREATE, "file", S_IFREG | 0666);
	more_acl_make(b, FUSE_CREATE, "private", S_IFREG | 0600);
	more_acl_make(b, FUSE_MKNOD, "node", S_IFREG | 0666);
	more_acl_make(b, FUSE_MKNOD, "fifo", S_IFIFO | 0666);
	more_acl_make(b, FUSE_MKDIR, "dir", 0777);
	if (removexattr(box_host(b, "want"), MORE_DEFAULT) == -1)
		tap_bail("%s: %s", MORE_DEFAULT, strerror(errno));
	tap_rc(fs_removexattr(&b->fs, more_node_of(b, "got"), MORE_DEFAULT),
	    0, "remove the default ACL");
	more_acl_make(b, FUSE_CREATE, "umask-file", S_IFREG | 0666);
	more_acl_make(b, FUSE_MKNOD, "umask-node", S_IFREG | 0666);
	more_acl_make(b, FUSE_MKDIR, "umask-dir", 0777);
}

static void
more_acl_rights(struct box *b)
{
	struct more_acl	 a = { .len = 0 };
	uint64_t	 n = more_file(b, "rights", 0, 0600);
	char		 buf[256];
	struct fs	*fs = &b->fs;
	int		 rc;

	more_acl_add(&a, ACL_USER_OBJ, 6, ACL_UNDEFINED_ID);
	more_acl_add(&a, ACL_USER, 4, 1001);
	more_acl_add(&a, ACL_GROUP_OBJ, 0, ACL_UNDEFINED_ID);
	more_acl_add(&a, ACL_MASK, 4, ACL_UNDEFINED_ID);
	more_acl_add(&a, ACL_OTHER, 0, ACL_UNDEFINED_ID);
	tap_rc(more_acl_set(b, n, MORE_ACCESS, &a, 0), 0, "set an ACL");
	tap_is(more_mode(b, "rights"), 0640, "the mode shows the mask");
	rc = fs_getxattr(fs, n, MORE_ACCESS, buf, sizeof(buf));
	tap_ok(rc == (int)a.len && memcmp(buf, &a, a.len) == 0, "get it");
	rc = fs_listxattr(fs, n, buf, sizeof(buf));
	tap_ok(rc == sizeof(MORE_ACCESS) && strcmp(buf, MORE_ACCESS) == 0,
	    "list it");
	fs_cred(fs, 1001, 1001);
	tap_rc(fs_access(fs, n, R_OK), 0, "1001 may read");
	tap_rc(fs_access(fs, n, W_OK), -EACCES, "1001 may not write");
	fs_cred(fs, 1002, 1002);
	tap_rc(fs_access(fs, n, R_OK), -EACCES, "1002 may not read");
	fs_cred(fs, 0, 0);
	tap_rc(fs_removexattr(fs, n, MORE_ACCESS), 0, "remove it");
	tap_rc(fs_getxattr(fs, n, MORE_ACCESS, buf, 256), -ENODATA,
	    "it is gone");
	a.head.a_version = 7;
	tap_rc(more_acl_set(b, n, MORE_ACCESS, &a, 0), -EOPNOTSUPP,
	    "an ACL of no known version");
}

/* The guest says whether the caller may keep the set-gid bit. */
static void
more_acl_sgid(struct box *b)
{
	struct more_acl	 a = { .len = 0 };
	uint64_t	 n = more_file(b, "sgid", 1000, 0644);

	more_acl_add(&a, ACL_USER_OBJ, 7, ACL_UNDEFINED_ID);
	more_acl_add(&a, ACL_GROUP_OBJ, 5, ACL_UNDEFINED_ID);
	more_acl_add(&a, ACL_OTHER, 5, ACL_UNDEFINED_ID);
	chmod(box_host(b, "sgid"), 02755);
	tap_rc(more_acl_set(b, n, MORE_ACCESS, &a, 0), 0,
	    "an ACL without ACL_KILL_SGID");
	tap_is(more_mode(b, "sgid"), 02755, "the set-gid bit stays");
	tap_rc(more_acl_set(b, n, MORE_ACCESS, &a,
	    FUSE_SETXATTR_ACL_KILL_SGID), 0, "an ACL with ACL_KILL_SGID");
	tap_is(more_mode(b, "sgid"), 0755, "the set-gid bit goes");
	chmod(box_host(b, "sgid"), 02755);
	b->fs.uid = b->fs.gid = 1000;
	tap_rc(more_acl_set(b, n, MORE_ACCESS, &a,
	    FUSE_SETXATTR_ACL_KILL_SGID), 0, "the same by the owner");
	tap_is(more_mode(b, "sgid"), 0755, "the set-gid bit goes");
	fs_cred(&b->fs, 0, 0);
}

/* Without the option the guest has applied the umask itself. */
static void
more_acl_umask_off(void)
{
	struct fs_make	 m = { .opcode = FUSE_CREATE, .dir = FUSE_ROOT_ID,
	    .name = "file", .mode = S_IFREG | 0666, .umask = 027,
	    .flags = O_RDWR };
	struct fs_file	 f;
	struct box	 b;

	if (more_start(&b, NULL)) {
		tap_is(b.init.flags & (FUSE_POSIX_ACL | FUSE_DONT_MASK), 0,
		    "without --posix-acl none is offered");
		tap_rc(fs_make(&b.fs, &m, &f), 0, "create");
		tap_is(more_mode(&b, "file"), 0666,
		    "the umask does not count again");
	}
	box_close(&b);
}

void
more_acl(void)
{
	struct box	 b;

	more_acl_init();
	more_acl_umask_off();
	if (more_start(&b, more_acl_on)) {
		more_acl_inherit(&b);
		more_acl_rights(&b);
		more_acl_sgid(&b);
		tap_is(b.fs.bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}
