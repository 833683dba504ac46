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
 * Knows: a scratch directory as the share, this process as the worker.
 * Never: the jail.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/proc.h"
#include "wenv.h"

#define WENV_NODES	64

static int wenv_nodes[WENV_NODES];
static unsigned int wenv_node_cnt;

int
wenv_setup(void **state)
{
	struct wenv *e;
	struct statx stx;
	int procfd;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		return -1;
	snprintf(e->path, sizeof(e->path), "/tmp/viofsd-unit.XXXXXX");
	procfd = open("/proc/self/fd", O_PATH | O_DIRECTORY);
	if (procfd == -1 || dup2(procfd, PROC_FD_PROC) == -1 ||
	    fchdir(PROC_FD_PROC) == -1)
		return -1;
	if (procfd != PROC_FD_PROC)
		close(procfd);
	if (mkdtemp(e->path) == NULL)
		return -1;
	e->share = open(e->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (e->share == -1 || statx(e->share, "", AT_EMPTY_PATH, STATX_MNT_ID,
	    &stx) == -1)
		return -1;
	cred_set(&e->who.cred, CRED_USER, getuid(), getgid());
	e->who.mount_cnt = 1;
	e->who.mounts[0] = stx.stx_mnt_id;
	umask(0);
	*state = e;
	return 0;
}

static int
wenv_unlink(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
wenv_teardown(void **state)
{
	struct wenv *e = *state;

	fdbag_close(&e->req.give);
	while (wenv_node_cnt > 0)
		close(wenv_nodes[--wenv_node_cnt]);
	/* A test may have shut it. */
	fchmod(e->share, 0700);
	close(e->share);
	nftw(e->path, wenv_unlink, 16, FTW_DEPTH | FTW_PHYS);
	free(e);
	return 0;
}

struct serve_req *
wenv_req(struct wenv *e, int a, int b)
{
	fdbag_close(&e->req.give);
	memset(&e->req, 0, sizeof(e->req));
	fdbag_init(&e->fds);
	fdbag_put(&e->fds, a);
	if (b != -1)
		fdbag_put(&e->fds, b);
	e->req.who = &e->who;
	e->req.rules = &e->rules;
	e->req.fds = &e->fds;
	fdbag_init(&e->req.give);
	return &e->req;
}

static int
wenv_keep(int fd)
{
	assert_int_not_equal(fd, -1);
	assert_true(wenv_node_cnt < WENV_NODES);
	wenv_nodes[wenv_node_cnt++] = fd;
	return fd;
}

int
wenv_node(struct wenv *e, const char *name)
{
	return wenv_keep(openat(e->share, name, O_PATH | O_NOFOLLOW |
	    O_CLOEXEC));
}

int
wenv_foreign(void)
{
	return wenv_keep(memfd_create("foreign", MFD_CLOEXEC));
}

void
wenv_file(struct wenv *e, const char *name, const char *text)
{
	int fd = openat(e->share, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

int
wenv_has(struct wenv *e, const char *name)
{
	struct stat st;

	return fstatat(e->share, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void
wenv_name(char name[MSG_NAME_MAX], const char *s)
{
	memset(name, 0, MSG_NAME_MAX);
	memcpy(name, s, strlen(s));
}
