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
 * Knows: where a name, its seal and its attributes lie in memory.
 * Never: anything of what they mean.
 */

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ahead_name.h"

#define AHEAD_NAMES_FIRST	16	/* buckets */

/* Without regard to large and small: both are in one bucket. */
static uint32_t
ahead_name_hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (uint32_t)tolower((unsigned char)name[i])) *
		    16777619u;
	return h ^ (h >> 15);
}

static const char *
ahead_name_text(const struct ahead_name *n)
{
	return n->bytes + n->seal_len;
}

struct ahead_name *
ahead_name_new(const char *name, size_t len, size_t seal_len,
    const struct msg_attr *said)
{
	size_t said_len = said == NULL ? 0 : sizeof(*said);
	struct ahead_name *n;

	if ((n = calloc(1, sizeof(*n) + seal_len + len + said_len)) == NULL)
		return NULL;
	n->hash = ahead_name_hash(name, len);
	n->fd = -1;
	n->len = (uint8_t)len;
	n->seal_len = (uint8_t)seal_len;
	memcpy(n->bytes, name - seal_len, seal_len + len);
	if (said != NULL) {
		memcpy(n->bytes + seal_len + len, said, said_len);
		n->attr = n->said = 1;
	}
	return n;
}

const void *
ahead_seal(const struct ahead_name *n)
{
	return n->bytes;
}

void
ahead_who(const struct ahead_name *n, struct msg_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->ino = n->ino;
	attr->mnt_id = n->mnt_id;
	attr->dev_major = n->dev_major;
	attr->dev_minor = n->dev_minor;
	attr->flags = n->flags;
}

int
ahead_said(const struct ahead_name *n, struct msg_attr *attr)
{
	if (!n->said)
		return 0;
	memcpy(attr, ahead_name_text(n) + n->len, sizeof(*attr));
	return 1;
}

void
ahead_old(struct ahead_name *n)
{
	n->said = 0;
	n->nodeid = 0;
}

static struct ahead_name **
ahead_names_at(const struct ahead_names *s, uint32_t hash)
{
	return &s->bucket[hash & (s->bucket_cnt - 1)];
}

static void
ahead_names_link(struct ahead_names *s, struct ahead_name *n)
{
	struct ahead_name **at = ahead_names_at(s, n->hash);

	n->next = *at;
	*at = n;
}

/* Twice as many buckets, or the first; those that are there do as well. */
static void
ahead_names_grow(struct ahead_names *s)
{
	struct ahead_names more = { NULL, s->bucket_cnt * 2, s->cnt };
	struct ahead_name *n;
	unsigned int i;

	if (more.bucket_cnt == 0)
		more.bucket_cnt = AHEAD_NAMES_FIRST;
	more.bucket = calloc(more.bucket_cnt, sizeof(*more.bucket));
	if (more.bucket == NULL)
		return;
	for (i = 0; i < s->bucket_cnt; i++)
		while ((n = s->bucket[i]) != NULL) {
			s->bucket[i] = n->next;
			ahead_names_link(&more, n);
		}
	free(s->bucket);
	*s = more;
}

int
ahead_names_put(struct ahead_names *s, struct ahead_name *n)
{
	if (s->cnt >= s->bucket_cnt)
		ahead_names_grow(s);
	if (s->bucket == NULL)
		return ENOMEM;
	ahead_names_link(s, n);
	s->cnt++;
	return 0;
}

void
ahead_names_take(struct ahead_names *s, struct ahead_name *n)
{
	struct ahead_name **at;

	at = ahead_names_at(s, n->hash);
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	s->cnt--;
}

struct ahead_name *
ahead_names_pop(struct ahead_names *s)
{
	struct ahead_name *n;

	while (s->bucket_cnt > 0) {
		if ((n = s->bucket[s->bucket_cnt - 1]) != NULL) {
			s->bucket[s->bucket_cnt - 1] = n->next;
			s->cnt--;
			return n;
		}
		s->bucket_cnt--;
	}
	free(s->bucket);
	s->bucket = NULL;
	return NULL;
}

struct ahead_name *
ahead_names_find(const struct ahead_names *s, const char *name, size_t len)
{
	uint32_t hash = ahead_name_hash(name, len);
	struct ahead_name *n;

	if (s->bucket == NULL)
		return NULL;
	for (n = *ahead_names_at(s, hash); n != NULL; n = n->next)
		if (n->hash == hash && n->len == len &&
		    memcmp(ahead_name_text(n), name, len) == 0)
			return n;
	return NULL;
}

static int
ahead_name_like(const struct ahead_name *n, const char *name, size_t len)
{
	const char *text = ahead_name_text(n);
	size_t i;

	for (i = 0; i < len; i++)
		if (tolower((unsigned char)text[i]) !=
		    tolower((unsigned char)name[i]))
			return 0;
	return 1;
}

int
ahead_names_fold(const struct ahead_names *s, const char *name, size_t len)
{
	uint32_t hash = ahead_name_hash(name, len);
	const struct ahead_name *n;

	if (s->bucket == NULL)
		return 0;
	for (n = *ahead_names_at(s, hash); n != NULL; n = n->next)
		if (n->hash == hash && n->len == len &&
		    ahead_name_like(n, name, len))
			return 1;
	return 0;
}
