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
 * Knows: what the parts of t_more and t_locks share.
 * Never: an option or an operation.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/ioctl.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "more.h"

static bool
more_start_as(struct box *b, const char *const *options, bool no_init)
{
	const struct box_opts	 o = { .event_idx = true,
	    .no_init = no_init, .daemon.more = options };

	return box_start(b, &o);
}

bool
more_start(struct box *b, const char *const *options)
{
	return more_start_as(b, options, false);
}

bool
more_start_bare(struct box *b, const char *const *options)
{
	return more_start_as(b, options, true);
}

bool
more_start_with(struct box *b, const struct box *with,
    const char *const *options)
{
	const struct box_opts	 o = { .event_idx = true,
	    .daemon.more = options };
	int			 err;

	box_open(b, &o);
	snprintf(b->d.share, sizeof(b->d.share), "%s", with->d.share);
	err = box_launch(b);
	if (err == 0)
		err = box_negotiate(b);
	if (err == 0)
		err = box_setup(b);
	if (!tap_is(err, 0, "a second daemon on the same directory"))
		return false;
	return tap_rc(fs_init(&b->fs, &b->init), 0, "it serves");
}

uint64_t
more_node_of(struct box *b, const char *name)
{
	struct fuse_entry_out	 e;
	int			 rc;

	rc = fs_lookup(&b->fs, FUSE_ROOT_ID, name, &e);
	if (rc != 0)
		tap_bail("lookup of %s: %s", name, tap_rcname(rc));
	return e.nodeid;
}

uint64_t
more_file(struct box *b, const char *name, uint32_t uid, uint32_t mode)
{
	const char	*path = box_host(b, name);

	box_file(b, name, "content", 7);
	if (chown(path, uid, uid) == -1 || chmod(path, mode) == -1)
		tap_bail("%s: %s", path, strerror(errno));
	return more_node_of(b, name);
}

struct stat
more_stat(struct box *b, const char *name)
{
	struct stat	 st;

	if (lstat(box_host(b, name), &st) == -1)
		tap_bail("the host has no %s: %s", name, strerror(errno));
	return st;
}

uint32_t
more_mode(struct box *b, const char *name)
{
	return more_stat(b, name).st_mode & 07777;
}

bool
more_exists(struct box *b, const char *name)
{
	struct stat	 st;

	return lstat(box_host(b, name), &st) == 0;
}

unsigned
more_count(struct box *b)
{
	struct dirent	*e;
	unsigned	 cnt = 0;
	DIR		*d;

	d = opendir(b->d.share);
	if (d == NULL)
		tap_bail("%s: %s", b->d.share, strerror(errno));
	while ((e = readdir(d)) != NULL)
		cnt += strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0;
	closedir(d);
	return cnt;
}

bool
more_has(struct box *b, const char *name, const char *attr,
    const char *value)
{
	char	 got[256];
	ssize_t	 n;

	n = lgetxattr(box_host(b, name), attr, got, sizeof(got));
	if (value == NULL && n == -1 && errno == ENODATA)
		return true;
	if (value != NULL && n == (ssize_t)strlen(value) &&
	    memcmp(got, value, (size_t)n) == 0)
		return true;
	tap_diag("%s has %s \"%.*s\", should %s", name, attr,
	    n > 0 ? (int)n : 0, got, value == NULL ? "not" : value);
	return false;
}

void
more_give(struct box *b, const char *name, const char *attr,
    const char *value)
{
	if (lsetxattr(box_host(b, name), attr, value, strlen(value), 0) == -1)
		tap_bail("%s on %s: %s", attr, name, strerror(errno));
}

bool
more_settled(struct box *b, int fds)
{
	const struct timespec	 ts = { 0, 10000000 };
	int			 tries, now = 0;

	for (tries = 0; tries < 200; tries++) {
		now = proc_fds_all(daemon_procs(&b->d));
		if (now <= fds)
			return true;
		nanosleep(&ts, NULL);
	}
	tap_diag("%d descriptors were open, now %d", fds, now);
	return false;
}

bool
more_append_set(struct box *b, const char *name, bool on)
{
	int	 fd, flags, rc = -1;

	fd = open(box_host(b, name), O_RDONLY | O_CLOEXEC);
	if (fd != -1 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags = on ? flags | FS_APPEND_FL : flags & ~FS_APPEND_FL;
		rc = ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	close(fd);
	return rc == 0;
}
