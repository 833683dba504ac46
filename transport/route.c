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
 * Knows: the one place that decides under which credential a request runs.
 * Never: ids from anywhere but the request's header and its extension.
 */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "fs.h"
#include "req.h"
#include "route.h"

/* Groups that a guest since 6.3 sends along with creating operations. */
static int
route_groups(const struct req *r, struct cred *c)
{
	const uint8_t *at = r->args + r->args_len - r->ext_len;
	size_t left = r->ext_len;
	struct fuse_proto_ext ext;
	uint32_t cnt, gid, i;
	int err;

	while (left > 0) {
		if (left < sizeof(ext))
			return EINVAL;
		memcpy(&ext, at, sizeof(ext));
		if (ext.size < sizeof(ext) || ext.size > left ||
		    ext.size % 8 != 0)
			return EINVAL;
		if (ext.type == FUSE_PROTO_EXT_GROUPS) {
			if (ext.size < sizeof(ext) + sizeof(cnt))
				return EINVAL;
			memcpy(&cnt, at + sizeof(ext), sizeof(cnt));
			if (cnt > (ext.size - sizeof(ext) - sizeof(cnt)) /
			    sizeof(gid))
				return EINVAL;
			for (i = 0; i < cnt; i++) {
				memcpy(&gid, at + sizeof(ext) + sizeof(cnt) +
				    i * sizeof(gid), sizeof(gid));
				if ((err = cred_add_group(c, gid)) != 0)
					return EINVAL;
			}
		}
		at += ext.size;
		left -= ext.size;
	}
	return 0;
}

int
route_first(const struct req *r, int creates, struct cred *c)
{
	int err;

	if (r->in.uid == FUSE_PROTO_INVALID_ID ||
	    r->in.gid == FUSE_PROTO_INVALID_ID) {
		if (creates || (r->fs->session.flags &
		    FUSE_PROTO_ALLOW_IDMAP) == 0)
			return EINVAL;
		route_root(c);
		return 0;
	}
	if (r->in.uid == 0)
		cred_set(c, CRED_ROOT, 0, creates ? r->in.gid : 0);
	else
		cred_set(c, CRED_USER, r->in.uid, r->in.gid);
	if (creates && (r->fs->session.flags & FUSE_CREATE_SUPP_GROUP) != 0 &&
	    (err = route_groups(r, c)) != 0)
		return err;
	return cred_valid(c) ? 0 : EINVAL;
}

void
route_root(struct cred *c)
{
	cred_set(c, CRED_ROOT, 0, 0);
}

int
route_retry(const struct req *r, int err, struct cred *c)
{
	if (err != EACCES && err != EPERM)
		return 0;
	if ((r->fs->conf.flags & MSG_SHARE_TRUST_GUEST) == 0 ||
	    r->call.retried || r->call.cred.class != CRED_USER)
		return 0;
	if (r->call.creates) {
		*c = r->call.cred;
		c->class = CRED_CREATOR;
	} else
		route_root(c);
	return 1;
}
