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
 * Knows: lies about attributes, labels and ioctls, and ways up and out of the
 * share.
 * Never: names of files (rogue_names.c).
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "rogue.h"

#define META_CLIMB	20	/* steps upwards, more than there are */

static const struct {
	uint16_t type;
	const char *what;
	size_t at;		/* of the name in the body */
} meta_fields[] = {
	{ Q_SETXATTR, "setxattr", offsetof(struct q_setxattr, name) },
	{ Q_GETXATTR, "getxattr", offsetof(struct q_getxattr, name) },
	{ Q_REMOVEXATTR, "removexattr", offsetof(struct q_removexattr, name) },
};

/* The bytes up to len, the rest of the field is NUL. */
static const struct {
	const char *what, *bytes;
	size_t len;
	int err;
} meta_names[] = {
	{ "no name", "", 0, EINVAL },
	{ "bytes behind the NUL", "user.a\0b", 8, EINVAL },
	{ "NUL first", "\0user.a", 7, EINVAL },
	{ "a path", "../../etc/passwd", 16, EOPNOTSUPP },
	{ "no namespace", "name", 4, EOPNOTSUPP },
	{ "a namespace alone", "user.", 5, EINVAL },
};

static void
meta_field(struct rogue *r, size_t f)
{
	struct rogue_ask a;
	size_t i;
	char *name;

	for (i = 0; i < sizeof(meta_names) / sizeof(meta_names[0]); i++) {
		rogue_question(r, meta_fields[f].type, &a);
		name = a.body.bytes + meta_fields[f].at;
		memset(name, 0, MSG_NAME_MAX);
		memcpy(name, meta_names[i].bytes, meta_names[i].len);
		tap_rc(-rogue_send(r, &a), -meta_names[i].err, "%s: %s",
		    meta_fields[f].what, meta_names[i].what);
	}
	rogue_question(r, meta_fields[f].type, &a);
	memset(a.body.bytes + meta_fields[f].at, 'x', MSG_NAME_MAX);
	tap_rc(-rogue_send(r, &a), -ENAMETOOLONG, "%s: no NUL",
	    meta_fields[f].what);
}

/* Say how long name and value of the label are. */
static void
meta_label_lens(struct rogue_ask *a, uint32_t name_len, uint32_t value_len)
{
	static const struct {
		uint16_t type;
		size_t name_at, value_at;
	} fields[] = {
#define LABEL(V, v) { Q_##V, offsetof(struct q_##v, label_name_len), \
	    offsetof(struct q_##v, label_len) }
		LABEL(CREATE, create), LABEL(MKNOD, mknod),
		LABEL(MKDIR, mkdir), LABEL(SYMLINK, symlink),
		LABEL(TMPFILE, tmpfile),
#undef LABEL
	};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].type != a->type)
			continue;
		memcpy(a->body.bytes + fields[i].name_at, &name_len,
		    sizeof(name_len));
		memcpy(a->body.bytes + fields[i].value_at, &value_len,
		    sizeof(value_len));
	}
}

static void
meta_labels(struct rogue *r)
{
	static const uint16_t types[] = {
		Q_CREATE, Q_MKNOD, Q_MKDIR, Q_SYMLINK, Q_TMPFILE,
	};
	static const uint32_t lens[][2] = {
		{ 0, 1 }, { 1, 0 }, { 11, 4 }, { 10, 5 }, { 256, 0 },
		{ UINT32_MAX, 15 }, { 15, UINT32_MAX }, { 0x80000000u,
		0x80000000u }, { 0, 0 }, { 0, 14 },
	};
	struct rogue_ask a;
	struct stat st;
	size_t t, i;

	for (t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
			rogue_question(r, types[t], &a);
			a.tail = types[t] == Q_SYMLINK ? "harmuser.rogueblue" :
			    "user.rogueblue";
			meta_label_lens(&a, lens[i][0], lens[i][1]);
			tap_rc(-rogue_send(r, &a), -EINVAL,
			    "%s: lengths %u and %u of a label",
			    msg_row(types[t])->name, lens[i][0], lens[i][1]);
		}
		/* What the kernel does not let a user set. */
		rogue_question(r, types[t], &a);
		a.tail = types[t] == Q_SYMLINK ? "harmtrusted.ab" :
		    "trusted.ab";
		meta_label_lens(&a, 9, 1);
		tap_rc(-rogue_send(r, &a), -EPERM, "%s: a label for root",
		    msg_row(types[t])->name);
	}
	tap_ok(fstatat(r->dirfd, "made", &st, AT_SYMLINK_NOFOLLOW) == -1 &&
	    fstatat(r->dirfd, "canary", &st, AT_SYMLINK_NOFOLLOW) == -1,
	    "nothing was made without its label");
}

/* Every step up from the share's root leads to the share's root. */
static void
meta_climb(struct rogue *r)
{
	struct rogue_ask a;
	struct stat root, st;
	int node = r->dirfd, next, i, good = 0;

	fstat(r->dirfd, &root);
	for (i = 0; i < META_CLIMB; i++) {
		rogue_question(r, Q_PARENT, &a);
		a.fds[0] = node;
		if (rogue_send(r, &a) != 0)
			break;
		next = fdbag_take(&r->w.msg.fds, 0);
		if (node != r->dirfd)
			close(node);
		node = next;
		if (fstat(node, &st) == 0 && st.st_ino == root.st_ino &&
		    st.st_dev == root.st_dev)
			good++;
	}
	if (node != r->dirfd)
		close(node);
	tap_is(good, META_CLIMB, "no way up leads out of the share");
}

/* Each number once, whatever it means to a file, a terminal or a disk. */
static void
meta_ioctls(struct rogue *r)
{
	struct rogue_ask a;
	unsigned int nr, refused = 0, asked = 0;
	const char *type;

	for (type = "TfvXir\x12\x94"; *type != '\0'; type++)
		for (nr = 0; nr < 256; nr++) {
			rogue_question(r, Q_IOCTL, &a);
			a.body.ioctl.cmd = _IO((unsigned char)*type, nr);
			asked++;
			if (rogue_send(r, &a) == ENOTTY)
				refused++;
		}
	tap_is(refused, asked, "%u ioctls are refused, none is made", asked);
}

static void
meta_rights(struct rogue *r)
{
	struct rogue_ask a;
	int fd;

	fd = openat(r->tree.sharefd, "private", O_RDWR | O_CREAT | O_CLOEXEC,
	    0600);
	if (fd == -1)
		tap_bail("private: %s", strerror(errno));
	rogue_question(r, Q_SETXATTR, &a);
	a.fds[0] = fd;
	tap_rc(-rogue_send(r, &a), -EACCES, "root's file gets no attribute");
	rogue_name(a.body.setxattr.name, "system.posix_acl_access");
	tap_rc(-rogue_send(r, &a), -EOPNOTSUPP, "root's file gets no odd ACL");
	a.tail = "\2";
	tap_rc(-rogue_send(r, &a), -EINVAL, "root's file gets no cut ACL");
	rogue_name(a.body.setxattr.name, "security.capability");
	tap_rc(-rogue_send(r, &a), -EINVAL, "root's file gets no capability");
	rogue_question(r, Q_IOCTL, &a);
	a.fds[0] = fd;
	a.tail = "\x40\1\1\1";
	a.body.ioctl.cmd = FS_IOC_SETFLAGS;
	tap_ok(rogue_send(r, &a) > 0, "root's file gets no flag");
	rogue_question(r, Q_ACCESS, &a);
	a.fds[0] = fd;
	a.body.access.mask = R_OK;
	tap_rc(-rogue_send(r, &a), -EACCES, "root's file is not readable");
	close(fd);
	unlinkat(r->tree.sharefd, "private", 0);
}

void
rogue_meta(struct rogue *r)
{
	size_t f;

	for (f = 0; f < sizeof(meta_fields) / sizeof(meta_fields[0]); f++)
		meta_field(r, f);
	meta_labels(r);
	meta_climb(r);
	meta_ioctls(r);
	meta_rights(r);
	rogue_healthy(r, "lies about attributes");
}
