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

#ifndef VIOFSD_FSWORKER_SERVE_H
#define VIOFSD_FSWORKER_SERVE_H

#include <stddef.h>
#include <stdint.h>

#include "../common/chan.h"
#include "../common/fdbag.h"
#include "../common/msg.h"

#include "rules.h"

/*
 * Knows: the loop of a worker: one question, one answer, no memory between.
 * Never: what a question does; the handlers are in w_*.c.
 */

struct keep;

/*
 * One question while it is being answered.  A handler is
 *	int on_verb(struct serve_req *req, const struct q_verb *q,
 *	    struct a_verb *a);
 * It returns 0, with *a (zeroed before) and what its row of msg.def declares
 * in give and tail filled in; or a positive errno, in which case whatever it
 * gave is closed.  Descriptors of the question stay the loop's.
 */
struct serve_req {
	const struct a_whello *who;	/* who this worker is, which share */
	const struct rules *rules;	/* its rules */
	const struct fdbag *fds;	/* descriptors of the question */
	const void *asked;		/* tail of the question */
	size_t asked_len;
	struct fdbag give;		/* descriptors of the answer, */
	int back;			/* and one that stays kept; 0: none */
	struct keep *keep;		/* nodes that are kept */
	uint16_t kept[MSG_KEPT];	/* which of fds these are, or 0 */
	uint32_t keep_as;		/* what is to become of give, */
	uint32_t known;			/* which is one of these */
	const void *tail;		/* tail of the answer, static memory */
	size_t tail_len;
};

/* Descriptor i of the question; it stays the loop's. */
int	serve_fd(const struct serve_req *req, unsigned int i);

/*
 * As at_claim() of descriptor i.  What is kept is asked about once: mount and
 * type of an open file are what they are; but where the way to it counts, or
 * its name (strict, bare), each time.
 */
int	serve_claim(const struct serve_req *req, unsigned int i,
	    uint32_t *type);

/* As at_claim_dir() and at_claim_reg(), likewise. */
int	serve_claim_dir(const struct serve_req *req, unsigned int i);
int	serve_claim_reg(const struct serve_req *req, unsigned int i);

/* 1 if the share is read-only, so that the answer must be EROFS. */
int	serve_readonly(const struct serve_req *req);

/*
 * Answer questions from c, in phase RUN, until the transport closes it.
 * Returns the exit status: 0 after an end of file, 1 after a message that
 * breaks the rules of msg.def (logged).  c is closed then.
 */
int	serve(struct chan *c, const struct a_whello *who,
	    const struct rules *rules);

#endif
