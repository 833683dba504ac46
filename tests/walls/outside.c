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
 * Knows: a tree beside the share that nobody may touch, and whether anybody
 * did.
 * Never: who might.
 */

#include "config.h"

#include <sys/inotify.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "outside.h"

static const char *const outside_names[OUTSIDE_CNT] = {
	"", "dir", "secret", "dir/inner", "link",
};

static const char *
outside_name(const struct outside *o, unsigned int i)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", o->path, outside_names[i]);
	return path;
}

static void
outside_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd == -1 || write(fd, "secret", 6) != 6 || fchmod(fd, 0666) == -1)
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

void
outside_make(struct outside *o, const char *top)
{
	unsigned int i;

	snprintf(o->path, sizeof(o->path), "%s/outside", top);
	if (mkdir(o->path, 0777) == -1 || chmod(o->path, 0777) == -1 ||
	    mkdir(outside_name(o, 1), 0777) == -1 ||
	    chmod(outside_name(o, 1), 0777) == -1 ||
	    symlink("secret", outside_name(o, 4)) == -1)
		tap_bail("%s: %s", o->path, strerror(errno));
	outside_file(outside_name(o, 2));
	outside_file(outside_name(o, 3));
	o->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (o->notify == -1)
		tap_bail("inotify: %s", strerror(errno));
	for (i = 0; i < OUTSIDE_CNT; i++)
		if (lstat(outside_name(o, i), &o->before[i]) == -1 ||
		    (i < 2 && inotify_add_watch(o->notify, outside_name(o, i),
		    IN_ALL_EVENTS) == -1))
			tap_bail("%s: %s", o->path, strerror(errno));
}

/* Events since the last time; says the first. */
static bool
outside_quiet(const struct outside *o)
{
	_Alignas(struct inotify_event) char buf[4096];
	const struct inotify_event *ev = (const void *)buf;
	ssize_t n = read(o->notify, buf, sizeof(buf));

	if (n <= 0)
		return true;
	tap_diag("outside: event %x of %s", ev->mask,
	    ev->len > 0 ? ev->name : "a directory");
	return false;
}

static bool
outside_same(const struct outside *o, unsigned int i)
{
	const struct stat *b = &o->before[i];
	struct stat st;
	char buf[16];
	int fd;

	if (lstat(outside_name(o, i), &st) == -1 || st.st_ino != b->st_ino ||
	    st.st_mode != b->st_mode || st.st_uid != b->st_uid ||
	    st.st_gid != b->st_gid || st.st_size != b->st_size ||
	    st.st_nlink != b->st_nlink ||
	    memcmp(&st.st_ctim, &b->st_ctim, sizeof(st.st_ctim)) != 0 ||
	    memcmp(&st.st_mtim, &b->st_mtim, sizeof(st.st_mtim)) != 0 ||
	    memcmp(&st.st_atim, &b->st_atim, sizeof(st.st_atim)) != 0)
		return false;
	if (!S_ISREG(st.st_mode))
		return true;
	fd = open(outside_name(o, i), O_RDONLY | O_NOATIME | O_CLOEXEC);
	if (fd == -1)
		return false;
	st.st_size = read(fd, buf, sizeof(buf));
	close(fd);
	return st.st_size == 6 && memcmp(buf, "secret", 6) == 0;
}

bool
outside_intact(struct outside *o)
{
	bool good = outside_quiet(o);
	unsigned int i;
	char buf[4096];

	for (i = 0; i < OUTSIDE_CNT; i++)
		if (!outside_same(o, i)) {
			tap_diag("outside: %s changed", outside_name(o, i));
			good = false;
		}
	/* Our own reads are events, too. */
	while (read(o->notify, buf, sizeof(buf)) > 0)
		continue;
	return good;
}

bool
outside_has(const struct outside *o, uint64_t ino)
{
	unsigned int i;

	for (i = 0; i < OUTSIDE_CNT; i++)
		if (o->before[i].st_ino == ino)
			return true;
	return false;
}

void
outside_remove(struct outside *o)
{
	unsigned int i;

	for (i = OUTSIDE_CNT; i-- > 0;)
		remove(outside_name(o, i));
	close(o->notify);
}
