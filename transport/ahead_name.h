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

#ifndef VIOFSD_TRANSPORT_AHEAD_NAME_H
#define VIOFSD_TRANSPORT_AHEAD_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "../common/msg.h"
#include "spare.h"

/*
 * Knows: a name as a worker said it, and those of one directory by their hash.
 * Never: whether they still hold; what becomes of a descriptor; a system call.
 * Event thread only.
 */

struct ahead_name {
	struct ahead_name *next;	/* same bucket */
	uint32_t hash;
	uint32_t flags;			/* MSG_ATTR_* */
	uint64_t nodeid;		/* once it was asked for, or 0 */
	uint64_t ino, mnt_id;
	uint32_t dev_major, dev_minor;
	int fd;				/* until it was asked for, or -1 */
	uint8_t len;
	uint8_t seal_len;
	uint8_t lost;			/* changed: only the host can tell */
	uint8_t attr;			/* there are attributes, */
	uint8_t said;			/* which still hold */
	uint8_t open;			/* fd is, for reading, */
	struct spare_when asked;	/* and this was asked for then */
	char bytes[];			/* seal, name, attributes if any */
};

struct ahead_names {
	struct ahead_name **bucket;	/* a power of two, or NULL */
	unsigned int bucket_cnt;
	unsigned int cnt;
};

/*
 * The name of len bytes, in front of which lie seal_len bytes of seal, at most
 * UINT8_MAX each; said are its attributes, or NULL.  NULL without memory.
 */
struct ahead_name *ahead_name_new(const char *name, size_t len,
	    size_t seal_len, const struct msg_attr *said);

/* The seal of n; who it is, and nothing else of its attributes. */
const void *ahead_seal(const struct ahead_name *n);
void	ahead_who(const struct ahead_name *n, struct msg_attr *attr);

/*
 * The attributes of n as they were at n->asked, and are still but for what a
 * mapping changes: 1, or 0 if they are not known.
 */
int	ahead_said(const struct ahead_name *n, struct msg_attr *attr);

/* They are too old for any use, as is what n stood for. */
void	ahead_old(struct ahead_name *n);

/* Owns n from now on: 0, or ENOMEM. */
int	ahead_names_put(struct ahead_names *s, struct ahead_name *n);

/* n, which is one of s, is the caller's; whichever is at hand, or NULL. */
void	ahead_names_take(struct ahead_names *s, struct ahead_name *n);
struct ahead_name *ahead_names_pop(struct ahead_names *s);

/* The name of len bytes, or NULL; is there one with these letters (ASCII)? */
struct ahead_name *ahead_names_find(const struct ahead_names *s,
	    const char *name, size_t len);
int	ahead_names_fold(const struct ahead_names *s, const char *name,
	    size_t len);

#endif
