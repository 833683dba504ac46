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

#ifndef VIOFSD_FUZZ_FSENV_H
#define VIOFSD_FUZZ_FSENV_H

#include "transport/fs.h"
#include "transport/req.h"
#include "fuzz.h"

/*
 * A share whose guest, workers and I/O threads all are the input: the real
 * dispatch.c, req.c, op_*.c, node.c, handle.c, ask.c and route.c between a
 * ring, a link to workers, an I/O pool and file I/O that are made up.  What
 * must be true of every question, reply and at the end is checked here.
 */

#define ENV_LIVE_MAX	64		/* requests at the same time */
#define ENV_PLAN_MAX	16		/* results of file I/O laid down */

/* Files that workers hand out. */
enum env_file {
	ENV_FILE,
	ENV_DIR,
	ENV_SUID,
	ENV_OTHER,
	ENV_FIFO,
	ENV_LINK,
	ENV_SOCKET,
	ENV_ROOT,			/* the root of the share */
	ENV_FILE_CNT,
};

/* env_open() */
#define ENV_CACHE		0x03u	/* enum msg_cache */
#define ENV_READY		0x04u	/* as if INIT had been answered */
#define ENV_RULES		0x08u	/* ids are translated */
#define ENV_AHEAD		0x10u	/* directories may be read ahead */

struct env_answer {
	int err;			/* or what follows */
	int honest;			/* attributes are those of the file */
	enum env_file file[2];		/* of each descriptor */
	unsigned int fd_cnt;		/* READDIRPLUS and AHEAD only */
	const void *body, *tail;
	size_t body_len, tail_len;	/* body: the rest is zero */
};

/*
 * A fresh session: cache policy and whether INIT was answered, MSG_SHARE_* of
 * the broker's configuration, FUSE_* that INIT agreed on.
 */
void	env_open(unsigned int how, uint32_t share, uint64_t flags);

/*
 * The guest sends len bytes and gives room for room bytes, in pieces of cut
 * bytes (0: in one); does nothing when there are ENV_LIVE_MAX already.
 */
void	env_request(const void *in, size_t len, size_t room, size_t cut);

/* Something happened to a directory, or a name of one letter in it. */
void	env_event(int wd, uint32_t mask, char name);

/* The next calls that read or write go like that, one byte each. */
void	env_plan(const uint8_t *plan, size_t cnt);

/* Questions and jobs that wait; is number i a question? */
unsigned int env_waiting(void);
int	env_is_question(unsigned int i);

/* Let a worker answer, or an I/O thread run, what waits as number i. */
void	env_answer(unsigned int i, const struct env_answer *a);
void	env_run(unsigned int i);

/* A turn of the event loop: who waits for a lock tries again. */
void	env_turn(void);

/* Everything that waits ends, then nothing may be left. */
void	env_close(void);

#endif
