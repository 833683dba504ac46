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
 * Knows: a tree of files that nobody may touch, and how it looked.
 * Never: who might.
 */

#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../common/fdbag.h"
#include "../frontend/tap.h"
#include "canary.h"

#define CANARY_TEXT	"nobody may read or change this\n"

/* Everything here reads with O_NOATIME, not to be the culprit itself. */
#define CANARY_OPEN	(O_RDONLY | O_NOATIME | O_CLOEXEC | O_NOFOLLOW)

struct canary_text {
	char *pos;
	size_t room;
};

__attribute__((format(printf, 2, 3)))
static void
canary_add(struct canary_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->pos, t->room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= t->room)
		tap_bail("canary text too long");
	t->pos += n;
	t->room -= (size_t)n;
}

static void
canary_stat(struct canary_text *t, int dirfd, const char *name)
{
	char data[64];
	struct stat st;
	ssize_t n;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		tap_bail("canary %s: %s", name, strerror(errno));
	canary_add(t, "%s %ju %o %u:%u %jd %ju %jd.%ld %jd.%ld %jd.%ld\n",
	    name, (uintmax_t)st.st_ino, st.st_mode, st.st_uid, st.st_gid,
	    (intmax_t)st.st_size, (uintmax_t)st.st_nlink,
	    (intmax_t)st.st_atim.tv_sec, st.st_atim.tv_nsec,
	    (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	if (!S_ISREG(st.st_mode))
		return;
	fd = openat(dirfd, name, CANARY_OPEN);
	if (fd == -1 || (n = read(fd, data, sizeof(data) - 1)) == -1)
		tap_bail("canary %s: %s", name, strerror(errno));
	data[n] = '\0';
	canary_add(t, "%s", data);
	close(fd);
}

static void
canary_look(const struct canary *c, char text[8192])
{
	struct canary_text t = { text, 8192 };
	struct dirent *d;
	DIR *dir;
	int fd;

	fd = openat(c->dirfd, ".", CANARY_OPEN | O_DIRECTORY);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		tap_bail("canary: %s", strerror(errno));
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, "..") != 0)
			canary_stat(&t, c->dirfd, d->d_name);
	closedir(dir);
}

void
canary_make(struct canary *c, int dirfd, const char *name)
{
	/* Old times, so that relatime would show a read. */
	const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };

	if (mkdirat(dirfd, name, 0777) == -1 ||
	    (c->dirfd = openat(dirfd, name, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC)) == -1 || fchmod(c->dirfd, 0777) == -1)
		tap_bail("canary: %s", strerror(errno));
	c->filefd = openat(c->dirfd, "canary", O_RDWR | O_CREAT | O_NOATIME |
	    O_CLOEXEC, 0666);
	if (c->filefd == -1 || fchmod(c->filefd, 0666) == -1 ||
	    write(c->filefd, CANARY_TEXT, strlen(CANARY_TEXT)) == -1 ||
	    mkdirat(c->dirfd, "cdir", 0777) == -1 ||
	    symlinkat("canary", c->dirfd, "clink") == -1 ||
	    mkfifoat(c->dirfd, "cpipe", 0666) == -1)
		tap_bail("canary: %s", strerror(errno));
	if (futimens(c->filefd, old) == -1 ||
	    utimensat(c->dirfd, "cdir", old, 0) == -1 ||
	    utimensat(c->dirfd, "clink", old, AT_SYMLINK_NOFOLLOW) == -1 ||
	    futimens(c->dirfd, old) == -1)
		tap_bail("canary: %s", strerror(errno));
	canary_look(c, c->before);
}

int
canary_intact(struct canary *c)
{
	char now[8192];

	canary_look(c, now);
	if (strcmp(now, c->before) == 0)
		return 1;
	tap_diag("outside the share was:\n%s# and is:\n%s", c->before, now);
	return 0;
}

void
canary_close(struct canary *c)
{
	fd_close(&c->filefd);
	fd_close(&c->dirfd);
}
