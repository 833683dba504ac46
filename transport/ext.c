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
 * Knows: what a request that makes a file may carry behind its arguments.
 * Never: what is done with it.
 */

#include "config.h"

#include <errno.h>
#include <string.h>

#include "../common/msg.h"
#include "ext.h"
#include "fs.h"
#include "req.h"

#define EXT_SECCTX_MAX	31	/* types up to here count security contexts */

struct ext_walk {
	const uint8_t *at;
	size_t left;
	struct fuse_proto_ext head;
	const uint8_t *body;
	size_t body_len;
};

static void
ext_first(struct ext_walk *w, const struct req *r)
{
	w->at = r->args + r->args_len - r->ext_len;
	w->left = r->ext_len;
}

/* 1 with the next extension, 0 at the end, -1 when malformed. */
static int
ext_next(struct ext_walk *w)
{
	if (w->left == 0)
		return 0;
	if (w->left < sizeof(w->head))
		return -1;
	memcpy(&w->head, w->at, sizeof(w->head));
	if (w->head.size < sizeof(w->head) || w->head.size > w->left ||
	    w->head.size % 8 != 0)
		return -1;
	w->body = w->at + sizeof(w->head);
	w->body_len = w->head.size - sizeof(w->head);
	w->at += w->head.size;
	w->left -= w->head.size;
	return 1;
}

void
ext_rest(struct req *r, struct fin *f)
{
	if (r->ext_len != 0 ||
	    (r->fs->session.flags & FUSE_SECURITY_CTX) == 0)
		return;
	r->ext_len = f->left;
	f->left = 0;
}

static int
ext_groups_body(const struct ext_walk *w, struct cred *c)
{
	uint32_t cnt, gid, i;

	if (w->body_len < sizeof(cnt))
		return EINVAL;
	memcpy(&cnt, w->body, sizeof(cnt));
	if (cnt > (w->body_len - sizeof(cnt)) / sizeof(gid))
		return EINVAL;
	for (i = 0; i < cnt; i++) {
		memcpy(&gid, w->body + sizeof(cnt) + i * sizeof(gid),
		    sizeof(gid));
		if (cred_add_group(c, gid) != 0)
			return EINVAL;
	}
	return 0;
}

int
ext_groups(const struct req *r, struct cred *c)
{
	struct ext_walk w;
	int got, err = 0;

	ext_first(&w, r);
	while (err == 0 && (got = ext_next(&w)) != 0) {
		if (got == -1)
			return EINVAL;
		if (w.head.type == FUSE_PROTO_EXT_GROUPS)
			err = ext_groups_body(&w, c);
	}
	return err;
}

/* The first context counts; the kernel sends one. */
static int
ext_label_body(const struct ext_walk *w, struct ext_label *label)
{
	struct fuse_secctx head;
	const uint8_t *name, *nul;
	size_t left;

	if (w->body_len < sizeof(head))
		return EINVAL;
	memcpy(&head, w->body, sizeof(head));
	name = w->body + sizeof(head);
	left = w->body_len - sizeof(head);
	if (head.size == 0)
		return 0;
	if ((nul = memchr(name, '\0', left)) == NULL || nul == name ||
	    (size_t)(nul - name) >= MSG_NAME_MAX)
		return EINVAL;
	left -= (size_t)(nul - name) + 1;
	if (head.size > left)
		return EINVAL;
	label->name = (const char *)name;
	label->name_len = (size_t)(nul - name);
	label->value = nul + 1;
	label->value_len = head.size;
	return 0;
}

int
ext_label(const struct req *r, struct ext_label *label)
{
	struct ext_walk w;
	int got, err = 0;

	memset(label, 0, sizeof(*label));
	if ((r->fs->session.flags & FUSE_SECURITY_CTX) == 0)
		return 0;
	ext_first(&w, r);
	while (err == 0 && (got = ext_next(&w)) != 0) {
		if (got == -1)
			return EINVAL;
		if (w.head.type > 0 && w.head.type <= EXT_SECCTX_MAX &&
		    label->name == NULL)
			err = ext_label_body(&w, label);
	}
	return err;
}
