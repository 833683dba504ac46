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

#ifndef VIOFSD_DEVICE_HOSTILE_H
#define VIOFSD_DEVICE_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../frontend/box.h"
#include "../frontend/tap.h"

/*
 * The cases of t_hostile.  Whatever one does, afterwards every process of the
 * daemon lives, a good request is served and no descriptor is lost.
 */

/* What it may take until the daemon serves again. */
enum hostile_keep {
	HOSTILE_KEEP,		/* nothing: same connection, same rings */
	HOSTILE_RESET,		/* a device reset: the ring was broken */
	HOSTILE_CLOSE,		/* a new connection: the framing was lost */
	HOSTILE_NEVER		/* nothing helped */
};

#define HOSTILE_DATA	4096u	/* bytes in the file */

struct hostile {
	struct box	*b;
	struct fs	*fs;
	uint64_t	 dir;		/* node of "dir", empty but "spare" */
	uint64_t	 spare;		/* node of "dir/spare" */
	struct fs_file	 file;		/* "file", open for both */
	/* Guest memory for raw descriptors, 64 KiB each. */
	uint64_t	 tx, rx, table;
};

#define HOSTILE_ARGS	2

struct hostile_case {
	char			 name[96];
	bool			(*run)(struct hostile *,
				    const struct hostile_case *);
	enum hostile_keep	 keep;
	uint64_t		 arg[HOSTILE_ARGS];
};

typedef bool (hostile_run)(struct hostile *, const struct hostile_case *);

/* Add a case; run returns whether the daemon answered as it should. */
void	hostile_add(const char *name, hostile_run *run,
	    enum hostile_keep keep, uint64_t arg0, uint64_t arg1);

/* The lists (one file each). */
void	hostile_header_cases(void);
void	hostile_name_cases(void);
void	hostile_forget_cases(void);
void	hostile_size_cases(void);
void	hostile_value_cases(void);
void	hostile_session_cases(void);
void	hostile_ring_cases(void);
void	hostile_chain_cases(void);
void	hostile_race_cases(void);
void	hostile_vring_cases(void);
void	hostile_msg_cases(void);
void	hostile_fd_cases(void);
void	hostile_table_cases(void);

/* Those that take long: only with HOSTILE_LONG in the environment. */
void	hostile_long_cases(void);
void	hostile_again_cases(unsigned times);

/* --- before and after a case (hostile_serve.c) --- */

/* What the share holds, fresh before each case. */
void	hostile_fill(struct box *);

/* Look up and open what the cases use; 0 or a negative code. */
int	hostile_prepare(struct hostile *);

/* A session in which nothing is looked up or open; 0 or a negative code. */
int	hostile_fresh(struct hostile *);

/* Make it serve with as little as possible, and tell what that was. */
enum hostile_keep	hostile_recover(struct hostile *, enum hostile_keep);

/* --- answers (hostile_header.c) --- */

/* rc is one of these errnos (0 terminated list); says so if not. */
bool	hostile_among(int rc, const int *set);
#define HOSTILE_IS(rc, ...)	\
	hostile_among(rc, (const int[]){ __VA_ARGS__, 0 })

/* rc is an error from the daemon, whichever. */
bool	hostile_refused(int rc);

/* The next request header of a session, for raw requests. */
struct fuse_in_header	hostile_header(struct hostile *, uint32_t opcode,
			    size_t payload_len);

/* One request of this opcode with these bytes behind the header. */
int	hostile_call(struct hostile *, uint32_t opcode, uint64_t node,
	    const void *arg, size_t arg_len, size_t out_len);

/* --- raw rings (hostile_ring.c) --- */

/* Put a good GETATTR of the root at tx; returns its length in bytes. */
uint32_t	hostile_getattr(struct hostile *);

/* Write a descriptor of the request queue, or of an indirect table. */
void	hostile_desc(struct hostile *, uint16_t at, uint64_t addr,
	    uint32_t len, uint32_t flags_next);
void	hostile_entry(struct hostile *, uint16_t at, uint64_t addr,
	    uint32_t len, uint32_t flags_next);
#define HOSTILE_DESC(flags, next)	((uint32_t)(next) << 16 | (flags))

/* Publish this head, kick, and give the device time to look at it. */
bool	hostile_kick(struct hostile *, uint16_t head);

/*
 * Wait until the used index is no longer start, the device raised an error,
 * or it has had its time; then forget what was published.
 */
void	hostile_settle(struct hostile *, struct ring *, uint16_t start);

/* --- vhost-user (hostile_msg.c) --- */

/*
 * Send a message that asks for an acknowledgement; returns 0 (accepted),
 * EREMOTEIO (refused), ECONNRESET (hung up), or another errno.
 */
int	hostile_send(struct hostile *, uint32_t request, const void *payload,
	    uint32_t len, const int *fds, unsigned fd_cnt);

/* It was refused by a negative acknowledgement / in whichever way. */
bool	hostile_nack(int err);
bool	hostile_denied(int err);

#endif
