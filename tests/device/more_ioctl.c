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
 * Knows: which ioctl commands are served, and by whose rights.
 * Never: what the host's filesystem makes of them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

/* The host's flags of a file, -1 without any. */
static int
more_ioctl_host(struct box *b, const char *name)
{
	int	 fd, flags = -1;

	fd = open(box_host(b, name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 || ioctl(fd, FS_IOC_GETFLAGS, &flags) == -1)
		flags = -1;
	close(fd);
	return flags;
}

static int
more_ioctl_get(struct box *b, const struct fs_file *f, uint32_t how,
    int *flags)
{
	struct fs_ioctl	 c = { .cmd = FS_IOC_GETFLAGS, .flags = how,
	    .out = flags, .out_len = sizeof(*flags) };
	int		 rc;

	*flags = 0;
	rc = fs_ioctl(&b->fs, f, &c);
	return rc < 0 ? rc : c.result;
}

static int
more_ioctl_set(struct box *b, const struct fs_file *f, uint32_t how,
    int flags)
{
	struct fs_ioctl	 c = { .cmd = FS_IOC_SETFLAGS, .flags = how,
	    .in = &flags, .in_len = sizeof(flags) };
	int		 rc;

	rc = fs_ioctl(&b->fs, f, &c);
	return rc < 0 ? rc : c.result;
}

/* One object's flags, by its owner and by root. */
static void
more_ioctl_flags(struct box *b, const char *name, const struct fs_file *f,
    uint32_t how)
{
	struct fs	*fs = &b->fs;
	int		 was, now;

	fs_cred(fs, 1000, 1000);
	tap_rc(more_ioctl_get(b, f, how, &was), 0, "%s: get flags", name);
	tap_is(was, more_ioctl_host(b, name), "they are the host's");
	tap_rc(more_ioctl_set(b, f, how, was | FS_NODUMP_FL), 0,
	    "%s: the owner sets nodump", name);
	tap_is(more_ioctl_host(b, name), was | FS_NODUMP_FL,
	    "the host has it");
	tap_rc(more_ioctl_get(b, f, how, &now), 0, "%s: get again", name);
	tap_is(now, was | FS_NODUMP_FL, "it is there");
	tap_rc(more_ioctl_set(b, f, how, was | FS_IMMUTABLE_FL), -EPERM,
	    "%s: the owner may not make it immutable", name);
	fs_cred(fs, 0, 0);
	tap_rc(more_ioctl_set(b, f, how, was | FS_IMMUTABLE_FL), -EPERM,
	    "%s: nor may the guest's root", name);
	tap_rc(more_ioctl_set(b, f, how, was), 0, "%s: root sets", name);
	tap_is(more_ioctl_host(b, name), was, "as it was");
}

static void
more_ioctl_fsx(struct box *b, const char *name, const struct fs_file *f)
{
	struct fsxattr	 host, got;
	struct fs_ioctl	 c = { .cmd = FS_IOC_FSGETXATTR, .out = &got,
	    .out_len = sizeof(got) };
	int		 fd;

	memset(&got, 0xff, sizeof(got));
	fd = open(box_host(b, name), O_RDONLY | O_CLOEXEC);
	if (fd == -1 || ioctl(fd, FS_IOC_FSGETXATTR, &host) == -1) {
		tap_skip("the host has no such thing", "FSGETXATTR");
		close(fd);
		return;
	}
	close(fd);
	tap_rc(fs_ioctl(&b->fs, f, &c), sizeof(got), "FSGETXATTR");
	tap_ok(memcmp(&got, &host, sizeof(got)) == 0, "it is the host's");
	c = (struct fs_ioctl){ .cmd = FS_IOC_FSSETXATTR, .in = &got,
	    .in_len = sizeof(got) };
	got.fsx_xflags |= FS_XFLAG_NODUMP;
	tap_rc(fs_ioctl(&b->fs, f, &c), 0, "FSSETXATTR of nodump");
	tap_ok((more_ioctl_host(b, name) & FS_NODUMP_FL) != 0,
	    "the host has it");
	got.fsx_projid ^= 7;
	tap_rc(fs_ioctl(&b->fs, f, &c), -EPERM,
	    "the project is not the guest's to choose");
}

/* Anything that is not on the list, or not in a form that is served. */
static void
more_ioctl_refused(struct box *b, const struct fs_file *f)
{
	static const uint32_t	 cmd[] = { 0, 1, FICLONE, FIBMAP, FIFREEZE,
	    FS_IOC_FIEMAP, FITRIM, FIONREAD, 0x5401 /* TCGETS */,
	    0x5412 /* TIOCSTI */, FS_IOC_SETVERSION, UINT32_MAX };
	char			 buf[64] = { 0 };
	struct fs_ioctl		 c = { .in = buf, .out = buf,
	    .in_len = 16, .out_len = 16 };
	unsigned		 i;

	for (i = 0; i < sizeof(cmd) / sizeof(cmd[0]); i++) {
		c.cmd = cmd[i];
		tap_rc(fs_ioctl(&b->fs, f, &c), -ENOTTY, "ioctl 0x%x",
		    cmd[i]);
	}
	c.cmd = FS_IOC_GETFLAGS;
	c.flags = FUSE_IOCTL_UNRESTRICTED;
	tap_rc(fs_ioctl(&b->fs, f, &c), -ENOTTY, "an unrestricted ioctl");
	c.flags = FUSE_IOCTL_COMPAT;
	tap_rc(fs_ioctl(&b->fs, f, &c), -ENOTTY, "a compat ioctl");
	c.flags = 0;
	c.cmd = FS_IOC_SETFLAGS;
	c.in_len = 2;
	tap_rc(fs_ioctl(&b->fs, f, &c), -EINVAL, "half an argument");
	c.cmd = FS_IOC_GETFLAGS;
	c.in_len = c.out_len = 0;
	tap_rc(fs_ioctl(&b->fs, &(struct fs_file){ .node = f->node,
	    .fh = 9999 }, &c), -EBADF, "no handle");
}

void
more_ioctl(void)
{
	struct fs_file	 f, d;
	struct fs	*fs;
	struct box	 b;

	if (more_start(&b, NULL)) {
		fs = &b.fs;
		fs_fopen(fs, more_file(&b, "file", 1000, 0644), O_RDONLY,
		    &f);
		if (more_ioctl_host(&b, "file") == -1) {
			tap_skip("the host's filesystem has no flags",
			    "ioctl");
			box_close(&b);
			return;
		}
		if (mkdir(box_host(&b, "dir"), 0755) == -1 ||
		    chown(box_host(&b, "dir"), 1000, 1000) == -1)
			tap_bail("dir: %s", strerror(errno));
		fs_opendir(fs, more_node_of(&b, "dir"), &d);
		more_ioctl_flags(&b, "file", &f, 0);
		more_ioctl_flags(&b, "dir", &d, FUSE_IOCTL_DIR);
		more_ioctl_fsx(&b, "file", &f);
		more_ioctl_refused(&b, &f);
		fs_release(fs, &f);
		fs_releasedir(fs, &d);
		tap_is(fs->bad_reply, 0, "no reply broke the protocol");
	}
	box_close(&b);
}
