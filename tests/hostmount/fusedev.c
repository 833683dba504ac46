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
 * Knows: /dev/fuse and the mount table.
 * Never: what is read and written there.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <linux/fuse.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fusedev.h"

#define FUSEDEV_PATH	"/dev/fuse"
#define FUSEDEV_TYPE	"fuse.viofsd"

struct fusedev_flag {
	const char	*name;
	unsigned long	 set, clear;
};

static const struct fusedev_flag fusedev_flags[] = {
	{ "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "suid", 0, MS_NOSUID },
	{ "nosuid", MS_NOSUID, 0 },
	{ "dev", 0, MS_NODEV },
	{ "nodev", MS_NODEV, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "noexec", MS_NOEXEC, 0 },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS },
	{ "dirsync", MS_DIRSYNC, 0 },
	{ "atime", 0, MS_NOATIME },
	{ "noatime", MS_NOATIME, 0 },
	{ "nodiratime", MS_NODIRATIME, 0 },
	{ "relatime", MS_RELATIME, 0 },
	{ "strictatime", MS_STRICTATIME, 0 },
	{ "nosymfollow", MS_NOSYMFOLLOW, 0 },
};

static bool
fusedev_flag(const char *word, unsigned long *flags)
{
	const struct fusedev_flag	*f;
	size_t				 i;

	for (i = 0; i < sizeof(fusedev_flags) / sizeof(*f); i++) {
		f = &fusedev_flags[i];
		if (strcmp(f->name, word) == 0) {
			*flags = (*flags & ~f->clear) | f->set;
			return true;
		}
	}
	return false;
}

/* Sort options into flags of mount(2) and words for FUSE, added to data. */
static int
fusedev_options(const char *options, unsigned long *flags, char *data,
    size_t size)
{
	char	*copy, *rest, *word;
	size_t	 len = strlen(data);
	int	 n, err = 0;

	if (options == NULL)
		return 0;
	copy = rest = strdup(options);
	if (copy == NULL)
		return ENOMEM;
	while (err == 0 && (word = strsep(&rest, ",")) != NULL) {
		if (*word == '\0' || fusedev_flag(word, flags))
			continue;
		n = snprintf(data + len, size - len, ",%s", word);
		if (n < 0 || (size_t)n >= size - len)
			err = E2BIG;
		else
			len += (size_t)n;
	}
	free(copy);
	return err;
}

/* Undo \040 and the like, in place. */
static void
fusedev_unescape(char *s)
{
	char	*to = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' &&
		    s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 +
			    (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/*
 * The id of the uppermost mount on where, -1 if there is none; *found says
 * whether the mount of this id is anywhere.
 */
static int
fusedev_scan(const char *where, int want, bool *found)
{
	FILE	*f;
	char	*line = NULL;
	char	 at[PATH_MAX * 4];
	size_t	 size = 0;
	int	 id, top = -1;

	*found = false;
	f = fopen("/proc/self/mountinfo", "re");
	if (f == NULL)
		return -1;
	while (getline(&line, &size, f) != -1) {
		if (sscanf(line, "%d %*d %*s %*s %16383s", &id, at) != 2)
			continue;
		if (id == want)
			*found = true;
		fusedev_unescape(at);
		if (strcmp(at, where) == 0)
			top = id;
	}
	free(line);
	fclose(f);
	return top;
}

int
fusedev_mount(struct fusedev *d, const char *source, const char *dir,
    const char *options, int *fd)
{
	unsigned long	 flags = MS_NOSUID | MS_NODEV;
	struct stat	 st;
	char		 data[1024];
	bool		 found;
	int		 err = 0;

	*fd = -1;
	d->id = -1;
	if (realpath(dir, d->where) == NULL || stat(d->where, &st) == -1)
		return errno;
	*fd = open(FUSEDEV_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (*fd == -1)
		return errno;
	snprintf(data, sizeof(data), "fd=%d,rootmode=%o,user_id=0,group_id=0,"
	    "default_permissions,allow_other", *fd, st.st_mode & S_IFMT);
	err = fusedev_options(options, &flags, data, sizeof(data));
	if (err == 0 && mount(source, d->where, FUSEDEV_TYPE, flags, data) ==
	    -1)
		err = errno;
	if (err != 0) {
		close(*fd);
		*fd = -1;
		return err;
	}
	d->id = fusedev_scan(d->where, -1, &found);
	return 0;
}

int
fusedev_clone(int fd, int *clone)
{
	uint32_t	 id = (uint32_t)fd;
	int		 err;

	*clone = open(FUSEDEV_PATH, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (*clone == -1)
		return errno;
	if (ioctl(*clone, FUSE_DEV_IOC_CLONE, &id) == 0)
		return 0;
	err = errno;
	close(*clone);
	*clone = -1;
	return err;
}

bool
fusedev_mounted(const struct fusedev *d)
{
	bool	 found;

	return d->id != -1 &&
	    fusedev_scan(d->where, d->id, &found) == d->id;
}

bool
fusedev_present(const struct fusedev *d)
{
	bool	 found;

	fusedev_scan(d->where, d->id, &found);
	return found;
}

int
fusedev_watch(void)
{
	return open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
}

int
fusedev_umount(const struct fusedev *d, bool lazy)
{
	if (!fusedev_mounted(d))
		return 0;
	if (!lazy && umount2(d->where, UMOUNT_NOFOLLOW) == 0)
		return 0;
	if (!lazy && errno != EBUSY)
		return errno;
	return umount2(d->where, UMOUNT_NOFOLLOW | MNT_DETACH) == 0 ? 0 :
	    errno;
}
