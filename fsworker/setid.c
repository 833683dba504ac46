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
 * Knows: which mode bits a change of contents costs.
 * Never: anything else of the mode.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>

#include "../common/proc.h"

#include "at.h"
#include "setid.h"

static int
setid_mode(int fd, uint32_t *mode)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MODE, &stx) == -1)
		return errno;
	*mode = stx.stx_mode & 07777;
	return 0;
}

int
setid_kill(const struct serve_req *req, int fd)
{
	const uint32_t group = S_ISGID | S_IXGRP;
	uint32_t was, mode;
	int err;

	if (!cred_acts_root(req->who->cred.class))
		return 0;
	if ((err = setid_mode(fd, &was)) != 0)
		return err;
	mode = was & ~(uint32_t)S_ISUID;
	if ((mode & group) == group)
		mode &= ~(uint32_t)S_ISGID;
	return mode == was ? 0 : at_chmod(fd, mode);
}

int
setid_kill_gid(int fd)
{
	uint32_t mode;
	int err;

	if ((err = setid_mode(fd, &mode)) != 0)
		return err;
	return mode & S_ISGID ? at_chmod(fd, mode & ~(uint32_t)S_ISGID) : 0;
}
