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

#ifndef VIOFSD_FSWORKER_GIVE_H
#define VIOFSD_FSWORKER_GIVE_H

#include <stddef.h>

#include "serve.h"

/*
 * Knows: how a node is introduced to the transport: descriptor, attributes
 * and, where the share has them, a seal.
 * Never: trust in a name.
 */

/*
 * The handle of an entry of the directory fd or, for "", of fd itself, and its
 * mount as name_to_handle_at(2) numbers it.  All of s is set but s->mnt_id,
 * which stays.  Returns 0 or the errno of that call; then s->len is 0.
 */
int	give_handle(int fd, const char *entry, struct msg_seal *s, int *mnt);

/*
 * The seal of the same.  The caller has set s->mnt_id.  s->len is 0 if the
 * share or the filesystem has none, and *mnt means nothing then.  Returns 0,
 * or an errno as give_handle() where seals are mandatory.
 */
int	give_seal(const struct a_whello *who, int fd, const char *entry,
	    struct msg_seal *s, int *mnt);

/* How many bytes of s are sent: 0 if there is none. */
size_t	give_seal_len(const struct msg_seal *s);

/*
 * Give fd, which the answer owns from now on, with its attributes and, as
 * the tail, its seal.  Returns 0, EXDEV as attr_get(), or as give_seal().
 */
int	give_node(struct serve_req *req, int fd, struct msg_attr *attr);

/*
 * The same of the open file of a descriptor: its node is what name leads to in
 * dirfd, if that is the same file, which is cheaper to open; else, or if name
 * is NULL, the file is opened once more.
 */
int	give_made(struct serve_req *req, int open, int dirfd, const char *name,
	    struct msg_attr *attr);

/*
 * The same of what has a name, and may be known: then its number is all that
 * is given, and fd is closed.
 */
int	give_found(struct serve_req *req, int fd, struct msg_attr *attr);

/* May the transport take this worker's word for whose a file is? */
int	give_trusted(const struct a_whello *who);

/*
 * Can the transport do without the descriptor of a node with these attributes
 * and a seal?  Of directories only where they are new: what is looked up is
 * looked at.
 */
int	give_alone(const struct a_whello *who, const struct msg_attr *attr,
	    int new_dir);

#endif
