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

#ifndef VIOFSD_TRANSPORT_REQ_H
#define VIOFSD_TRANSPORT_REQ_H

#include <sys/queue.h>
#include <sys/uio.h>

#include <stddef.h>
#include <stdint.h>

#include "../common/chan.h"
#include "../common/msg.h"
#include "batch.h"
#include "fuse_proto.h"
#include "handle.h"
#include "spare.h"
#include "vring.h"

/*
 * Knows: one FUSE request from pop to push: its private copy of what the
 * guest wrote, its references, its one reply.
 * Never: what an opcode means (op_*.c).
 */

#define REQ_ARGS_INLINE	1024		/* most requests need no malloc */
#define REQ_ARGS_MAX	(72 * 1024)	/* private copy; WRITE data is not */

struct fs;
struct fuse_row;
struct lock_waiter;
struct req;
struct wkeep_slot;

/* The answer of a worker, or err; m is NULL when err != 0. */
typedef void req_done(struct req *r, int err, struct chan_msg *m);

/* A question to a worker that waits for its answer. */
struct req_call {
	struct cred cred;	/* whose worker */
	uint16_t type;		/* Q_* */
	uint8_t fd_cnt;
	uint8_t creates;	/* the retry must keep the caller's ids */
	uint8_t final;		/* no privileged retry */
	uint8_t handles;	/* the descriptors are open files */
	uint8_t retried;	/* the privileged retry was made */
	uint8_t redriven;	/* a worker died with it once */
	uint8_t repeatable;	/* may be sent again after a crash */
	uint8_t lazy;		/* nobody waits for the answer */
	uint32_t id;
	int fds[2];		/* borrowed from pinned nodes and handles */
	uint32_t give;		/* what its header says, and */
	uint8_t plain;		/* a number is no answer */
	struct wkeep_slot *given;	/* the place for that */
	uint64_t when;		/* it was sent, in questions */
	const void *tail;
	size_t tail_len;
	req_done *done;
	union {
		struct q_lookup lookup;
		struct q_readlink readlink;
		struct q_open open;
		struct q_opendir opendir;
		struct q_create create;
		struct q_mknod mknod;
		struct q_mkdir mkdir;
		struct q_symlink symlink;
		struct q_link link;
		struct q_unlink unlink;
		struct q_rmdir rmdir;
		struct q_rename rename;
		struct q_setattr setattr;
		struct q_readdirplus readdirplus;
		struct q_syncfs syncfs;
		struct q_write write;
		struct q_fallocate fallocate;
		struct q_copy copy;
		struct q_setxattr setxattr;
		struct q_getxattr getxattr;
		struct q_listxattr listxattr;
		struct q_removexattr removexattr;
		struct q_statx statx;
		struct q_access access;
		struct q_tmpfile tmpfile;
		struct q_ioctl ioctl;
		struct q_parent parent;
		struct q_self self;
		struct q_ahead ahead;
	} q;
};

/* File I/O that may sleep, done by an I/O thread. */
struct req_io {
	void (*work)(struct req *r);	/* must reply exactly once */
	void (*after)(struct req *r);	/* event thread, or NULL */
	int fd;
	int kill;		/* WRITE: set-id bits must go */
	uint64_t off, off2, len;
	uint32_t flags;
	size_t done_len;
	int64_t took_ns;	/* for slow_took() */
};

struct req {
	TAILQ_ENTRY(req) entry;		/* of whoever holds the request */
	struct fs *fs;
	const struct fuse_row *row;
	struct fuse_in_header in;
	const uint8_t *args;		/* after the header, private */
	size_t args_len;
	size_t ext_len;			/* last bytes of args: extensions */
	struct node *node[2];		/* pinned */
	uint8_t node_ready, node_want;	/* see ask_nodes() */
	uint8_t times_only;		/* see op_setattr() */
	void (*node_next)(struct req *r, int err);
	void (*caps_next)(struct req *r);	/* see ask_no_caps() */
	void (*dir_next)(struct req *r);	/* see op_dir_open() */
	struct handle *handle[2];	/* pinned */
	int opening;			/* holds a handle_reserve() */
	int making;			/* holds a node_reserve() */
	uint8_t implicit_access;	/* enum handle_access, see implicit.h */
	uint8_t implicit_tries;
	struct lock_waiter *waiter;	/* see lock.h */
	struct batch_stamp since;	/* READDIRPLUS: it was asked */
	uint8_t lean;			/* ... enum lean_how */
	uint64_t watched;		/* AHEAD: likewise, see watch_ask() */
	struct spare_when asked;	/* OPEN: likewise, if it may be kept */
	struct req_call call;
	struct req_io io;
	uint8_t *args_big;		/* malloc'ed when not inline */
	uint8_t *buf;			/* malloc'ed by an operation */
	uint8_t args_inline[REQ_ARGS_INLINE];
	struct vring_chain chain;
};

struct req_pool;

/* Keep at most spare_max freed requests for reuse. */
struct req_pool *req_pool_new(unsigned int spare_max);

#define REQ_LIVE_MAX	4096		/* requests in hand at the same time */

/* Requests made and not freed. */
unsigned int req_live(const struct fs *fs);

/* A fresh request, or NULL without memory. */
struct req *req_new(struct fs *fs);

/*
 * Read the popped chain: header, and a private copy of everything behind it
 * (of WRITE and BATCH_FORGET only the fixed part).  Returns 0 or the errno to
 * reply: EINVAL for a malformed header, E2BIG, ENOMEM.  *repliable says
 * whether r->in can be trusted for a reply.
 */
int	req_read(struct req *r, int *repliable);

/* Copy len bytes at off of what the guest wrote; 0, or EINVAL if shorter. */
int	req_gather(const struct req *r, size_t off, void *dst, size_t len);

/*
 * The guest's data behind the fixed part, or its room behind the reply's
 * header, as at most max iovecs of together at most len bytes from off on.
 * Returns their number; *got is the number of bytes.
 */
unsigned int req_in_iov(const struct req *r, size_t off, size_t len,
	    struct iovec *iov, unsigned int max, size_t *got);
unsigned int req_out_iov(const struct req *r, size_t off, size_t len,
	    struct iovec *iov, unsigned int max, size_t *got);

/* Room for a reply's body, 0 if not even the header fits. */
size_t	req_room(const struct req *r);

/*
 * Reply once: with body; with a body that is in guest memory already; with an
 * errno; or not at all (FORGET).  Any thread.  The chain belongs to the guest
 * afterwards.
 */
void	req_reply(struct req *r, const void *body, size_t len);
void	req_reply_done(struct req *r, size_t len);
void	req_reply_err(struct req *r, int err);
void	req_reply_none(struct req *r);

/* Write len bytes to the reply's body at off; does not reply yet. */
void	req_put(struct req *r, size_t off, const void *src, size_t len);

/* r begins or ends; it may change what was asked early, see batch.h. */
void	req_changes(struct req *r);

/* Drop all references and the request itself; event thread. */
void	req_free(struct req *r);

/* Reply, then free: for the event thread. */
void	req_end(struct req *r, int err);
void	req_end_body(struct req *r, const void *body, size_t len);

/* Pin the node of nodeid as r->node[i]; EBADF if the guest has none. */
int	req_node(struct req *r, unsigned int i, uint64_t nodeid);

/* The place for an open file that r keeps, if any, is free again. */
void	req_unreserve(struct req *r);

/* Does r keep a place for a node?  From now on whoever asks has it. */
int	req_making(struct req *r);

/* Pin handle fh of r->node[i] as r->handle[i]; EBADF if there is none. */
int	req_handle(struct req *r, unsigned int i, uint64_t fh, int dir);

#endif
