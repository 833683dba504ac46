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

#ifndef VIOFSD_FRONTEND_BOX_H
#define VIOFSD_FRONTEND_BOX_H

#include "daemon.h"
#include "fs.h"
#include "mem.h"
#include "ring.h"
#include "vhost.h"

/* A virtual machine without a machine: a daemon, and all a VMM is to it. */

struct box_opts {
	struct daemon_opts	 daemon;
	size_t			 mem_len;	/* 0: MEM_LEN */
	unsigned		 regions;	/* 0: 1 */
	unsigned		 queues;	/* with hiprio; 0: 2 */
	uint16_t		 ring_num;	/* descriptors; 0: 128 */
	bool			 event_idx;
	bool			 indirect;
	bool			 slots;		/* ADD_MEM_REG, not a table */
	bool			 no_ack;	/* leave REPLY_ACK out */
	bool			 no_init;	/* leave FUSE INIT out */
};

struct box {
	struct box_opts		 o;
	struct daemon		 d;
	struct vhost		 v;
	struct mem		 m;
	struct ring		 q[FS_QUEUE_MAX];
	struct fs		 fs;
	struct fuse_init_out	 init;
	int			 fails;		/* tap_failed() at the start */
};

/*
 * Directories, daemon, connection, handshake, rings, INIT.  A failure is a
 * failed test with the name of the step; the caller must then box_close().
 */
bool	box_start(struct box *, const struct box_opts *);

/* Its parts.  Each returns 0 or a positive errno. */
void	box_open(struct box *, const struct box_opts *);
int	box_launch(struct box *);		/* start the daemon */
int	box_connect(struct box *);		/* and connect */
int	box_negotiate(struct box *);		/* features, owner */
int	box_memory(struct box *);		/* SET_MEM_TABLE or slots */
int	box_ring(struct box *, unsigned index);	/* one ring, enabled */
int	box_setup(struct box *);		/* the last two for all */

/* GET_VRING_BASE of all rings, RESET_DEVICE if there is one, new set-up. */
int	box_reset(struct box *);

/* Hang up, and see how the daemon ends: its exit code, -1 if it does not. */
int	box_hangup(struct box *);

/* Print the daemon's log if a test has failed since box_open(); clean up. */
void	box_close(struct box *);

/* A file of the share as the host sees it; fails the test if it cannot be. */
const char	*box_host(struct box *, const char *name);

/* Make a file with this content on the host side. */
void	box_file(struct box *, const char *name, const void *data,
	    size_t len);

#endif
