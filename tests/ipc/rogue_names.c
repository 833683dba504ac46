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
 * Knows: names that are paths, in every field that takes a name, and links
 * that lead outside.
 * Never: the protocol below the body.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "rogue.h"

struct rogue_field {
	uint16_t type;
	const char *what;
	size_t at;		/* of the name in the body */
};

#define FIELD(V, v, f) { Q_##V, #v " " #f, offsetof(struct q_##v, f) }

static const struct rogue_field rogue_fields[] = {
	FIELD(LOOKUP, lookup, name), FIELD(CREATE, create, name),
	FIELD(MKNOD, mknod, name), FIELD(MKDIR, mkdir, name),
	FIELD(SYMLINK, symlink, name), FIELD(LINK, link, name),
	FIELD(UNLINK, unlink, name), FIELD(RMDIR, rmdir, name),
	FIELD(RENAME, rename, oldname), FIELD(RENAME, rename, newname),
};

#define FIELD_CNT	(sizeof(rogue_fields) / sizeof(rogue_fields[0]))

/* The bytes up to len, the rest of the field is NUL. */
static const struct {
	const char *what, *bytes;
	size_t len;
	int err;
} rogue_tricks[] = {
	{ "empty", "", 0, EINVAL },
	{ "dot", ".", 1, EINVAL },
	{ "dot dot", "..", 2, EINVAL },
	{ "slash", "/", 1, EINVAL },
	{ "two slashes", "//", 2, EINVAL },
	{ "absolute", "/etc/passwd", 11, EINVAL },
	{ "parent", "../outside/canary", 17, EINVAL },
	{ "long way round", "d/../../outside/canary", 22, EINVAL },
	{ "trailing slash", "file/", 5, EINVAL },
	{ "trailing dots", "file/..", 7, EINVAL },
	{ "dot slash", "./file", 6, EINVAL },
	{ "procfs", "/proc/self/root", 15, EINVAL },
	{ "bytes behind the NUL", "a\0b", 3, EINVAL },
	{ "parent behind the NUL", "a\0/../../etc", 12, EINVAL },
	{ "NUL first", "\0a", 2, EINVAL },
};

#define TRICK_CNT	(sizeof(rogue_tricks) / sizeof(rogue_tricks[0]))

static void
rogue_field_tricks(struct rogue *r, const struct rogue_field *f)
{
	struct rogue_ask a;
	size_t i;
	char *name;

	for (i = 0; i < TRICK_CNT; i++) {
		rogue_question(r, f->type, &a);
		name = a.body.bytes + f->at;
		memset(name, 0, MSG_NAME_MAX);
		memcpy(name, rogue_tricks[i].bytes, rogue_tricks[i].len);
		tap_rc(-rogue_send(r, &a), -rogue_tricks[i].err, "%s: %s",
		    f->what, rogue_tricks[i].what);
	}
	rogue_question(r, f->type, &a);
	memset(a.body.bytes + f->at, 'x', MSG_NAME_MAX);
	tap_rc(-rogue_send(r, &a), -ENAMETOOLONG, "%s: no NUL", f->what);
	memset(a.body.bytes + f->at, '/', MSG_NAME_MAX);
	tap_rc(-rogue_send(r, &a), -ENAMETOOLONG, "%s: slashes, no NUL",
	    f->what);
}

/* Strange, but names: the worker must not confuse them with the above. */
static void
rogue_strange(struct rogue *r)
{
	static const char *const names[] = {
		"...", "..a", ".a", " ", "\n", "\\", "*", "\xff\xfe",
		"\xc0\xaf", "a\xc0\xae\xc0\xae", "-rf", "%s%n",
	};
	struct rogue_ask a;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		rogue_question(r, Q_MKDIR, &a);
		rogue_name(a.body.mkdir.name, names[i]);
		tap_rc(-rogue_send(r, &a), 0, "strange name %zu is made", i);
		rogue_question(r, Q_RMDIR, &a);
		rogue_name(a.body.rmdir.name, names[i]);
		tap_rc(-rogue_send(r, &a), 0, "strange name %zu is removed",
		    i);
	}
	rogue_question(r, Q_MKDIR, &a);
	memset(a.body.mkdir.name, 'x', MSG_NAME_MAX - 1);
	tap_rc(-rogue_send(r, &a), 0, "a name of 255 bytes is made");
	rogue_question(r, Q_RMDIR, &a);
	memset(a.body.rmdir.name, 'x', MSG_NAME_MAX - 1);
	tap_rc(-rogue_send(r, &a), 0, "a name of 255 bytes is removed");
}

void
rogue_names(struct rogue *r)
{
	size_t i;

	for (i = 0; i < FIELD_CNT; i++)
		rogue_field_tricks(r, &rogue_fields[i]);
	rogue_strange(r);
	rogue_healthy(r, "bad names");
}

/* Ask with one name and this directory; the node in *node if there is one. */
static int
rogue_at(struct rogue *r, uint16_t type, int dirfd, const char *name,
    int *node)
{
	struct rogue_ask a;
	size_t i;
	int err;

	rogue_question(r, type, &a);
	a.fds[0] = dirfd;
	for (i = 0; i < FIELD_CNT; i++)
		if (rogue_fields[i].type == type)
			break;
	rogue_name(a.body.bytes + rogue_fields[i].at, name);
	err = rogue_send(r, &a);
	if (node != NULL)
		*node = err == 0 ? fdbag_take(&r->w.msg.fds, 0) : -1;
	return err;
}

/* What a link to the outside is good for: nothing but being a link. */
static void
rogue_one_link(struct rogue *r, const char *name)
{
	struct rogue_ask a;
	int node;

	tap_rc(-rogue_at(r, Q_LOOKUP, r->dirfd, name, &node), 0,
	    "%s: found as a link", name);
	tap_rc(-rogue_at(r, Q_LOOKUP, node, "canary", NULL), -ENOTDIR,
	    "%s: is no directory", name);
	tap_rc(-rogue_at(r, Q_UNLINK, node, "canary", NULL), -ENOTDIR,
	    "%s: removes nothing through it", name);
	tap_rc(-rogue_at(r, Q_CREATE, node, "new", NULL), -ENOTDIR,
	    "%s: creates nothing through it", name);
	tap_rc(-rogue_at(r, Q_CREATE, r->dirfd, name, NULL), -EBADF,
	    "%s: is not opened by create", name);
	rogue_question(r, Q_OPEN, &a);
	a.fds[0] = node;
	tap_rc(-rogue_send(r, &a), -EBADF, "%s: is not opened", name);
	rogue_question(r, Q_OPENDIR, &a);
	a.fds[0] = node;
	tap_rc(-rogue_send(r, &a), -ENOTDIR, "%s: is not listed", name);
	rogue_question(r, Q_SETATTR, &a);
	a.fds[0] = node;
	a.body.setattr.valid = MSG_SET_SIZE;
	tap_rc(-rogue_send(r, &a), -EINVAL, "%s: has no size", name);
	a.body.setattr.valid = MSG_SET_MODE;
	tap_rc(-rogue_send(r, &a), -EOPNOTSUPP, "%s: has no mode", name);
	a.body.setattr.valid = MSG_SET_MTIME_NOW;
	tap_rc(-rogue_send(r, &a), 0, "%s: has its own time", name);
	close(node);
	tap_rc(-rogue_at(r, Q_UNLINK, r->dirfd, name, NULL), 0,
	    "%s: is removed itself", name);
}

void
rogue_links(struct rogue *r)
{
	static const char *const names[] = { "l-dir", "l-abs", "l-proc" };
	char target[128];
	size_t i;

	snprintf(target, sizeof(target), "%s/outside/canary", r->tree.root);
	if (symlinkat("../outside", r->tree.sharefd, names[0]) == -1 ||
	    symlinkat(target, r->tree.sharefd, names[1]) == -1 ||
	    symlinkat("/proc/self/fd/4", r->tree.sharefd, names[2]) == -1)
		tap_bail("symlink: %s", strerror(errno));
	for (i = 0; i < 3; i++)
		if (fchownat(r->tree.sharefd, names[i], ROGUE_UID, ROGUE_UID,
		    AT_SYMLINK_NOFOLLOW) == -1)
			tap_bail("symlink: %s", strerror(errno));
	for (i = 0; i < 3; i++)
		rogue_one_link(r, names[i]);
	rogue_healthy(r, "links to the outside");
}
