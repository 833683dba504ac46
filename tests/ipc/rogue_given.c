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
 * Knows: lies about nodes that a worker is to keep: their numbers, and what
 * comes without a descriptor.
 * Never: other lies.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "evil.h"

#define GIVEN_SEAL	8	/* bytes of a handle */

/* What is said of "file" in answer to a LOOKUP. */
struct given {
	const char *name;
	uint32_t op;		/* MSG_KEEP_*, or 0 */
	uint32_t nr;		/* this much more than was asked for */
	uint32_t mode;		/* another one, or 0 */
	uint32_t ino;		/* this much more than it is */
	unsigned int fds;
	uint32_t seal_len;	/* of the handle */
};

static void
given_answer(struct rworker *w, const struct given *g, uint32_t nr)
{
	struct {
		struct msg_hdr hdr;
		struct a_lookup a;
		struct msg_seal seal;
	} m;
	int fd;

	memset(&m, 0, sizeof(m));
	fd = rworker_attr(&evil, "file", &m.a.attr);
	m.a.attr.ino += g->ino;
	if (g->mode != 0)
		m.a.attr.mode = g->mode;
	m.hdr.type = A_LOOKUP;
	m.hdr.fd_cnt = (uint16_t)g->fds;
	m.hdr.len = (uint32_t)offsetof(typeof(m), seal);
	if (g->seal_len > 0)
		m.hdr.len += (uint32_t)MSG_SEAL_LEN(g->seal_len);
	m.hdr.id = w->msg.hdr.id;
	m.hdr.give = g->op == 0 ? 0 : g->op | (nr + g->nr);
	m.seal.len = g->seal_len;
	rworker_raw(w, &m, m.hdr.len, &fd, g->fds);
	close(fd);
}

/* The next LOOKUP by uid, if it is one that wants the node kept like that. */
static bool
given_asked(struct rworker *w, uint32_t uid, uint32_t op,
    struct fs_ticket *ticket)
{
	return evil_ask(uid, "file", ticket) &&
	    (w->chan.fd != -1 || rtrans_grant(&evil, w, uid) == 0) &&
	    rworker_question(w) == Q_LOOKUP &&
	    MSG_KEEP_OP(w->msg.hdr.give) == op;
}

/* After such an answer the worker is given up, and another one asked. */
static void
given_fatal(uint32_t uid, uint32_t op, const struct given *g)
{
	struct fs_ticket ticket;
	struct rworker w, honest;
	bool good;

	w.chan.fd = -1;
	good = given_asked(&w, uid, op, &ticket);
	if (good) {
		given_answer(&w, g, MSG_KEEP_NR(w.msg.hdr.give));
		good = rtrans_grant(&evil, &honest, uid) == 0 &&
		    rworker_question(&honest) == Q_LOOKUP;
		rworker_lookup(&evil, &honest);
		good &= evil_result(&ticket) >= 0;
		rworker_close(&honest);
	}
	rworker_close(&w);
	tap_ok(good && evil_healthy(), "%s ends the worker", g->name);
}

/* After such an answer, and none other, the guest is told that rc. */
static void
given_refused(uint32_t uid, uint32_t op, const struct given *g, int rc)
{
	struct fs_ticket ticket;
	struct rworker w;
	bool good;

	w.chan.fd = -1;
	good = given_asked(&w, uid, op, &ticket);
	if (good) {
		given_answer(&w, g, MSG_KEEP_NR(w.msg.hdr.give));
		good = evil_result(&ticket) == rc;
	}
	rworker_close(&w);
	tap_ok(good && evil_healthy(), "%s: %s", g->name, tap_rcname(rc));
}

/* What it has kept is named again: truly, as another file, as another's. */
static void
given_again(uint32_t uid)
{
	static const struct given put = { "", MSG_KEEP_PUT, 0, 0, 0, 1, 0 };
	struct given g = { "", MSG_KEEP_USE, 0, 0106777, 0, 0, 0 };
	struct fuse_entry_out first, e;
	struct fs_ticket ticket;
	struct rworker w;
	uint32_t nr;
	bool good;

	w.chan.fd = -1;
	good = given_asked(&w, uid, MSG_KEEP_PUT, &ticket);
	nr = MSG_KEEP_NR(w.msg.hdr.give);
	given_answer(&w, &put, nr);
	good &= fs_finish(&evil.b.fs, &ticket, &first, sizeof(first)) >= 0;
	good &= given_asked(&w, uid, MSG_KEEP_PUT, &ticket);
	given_answer(&w, &g, nr);
	good &= fs_finish(&evil.b.fs, &ticket, &e, sizeof(e)) >= 0;
	tap_ok(good && e.nodeid == first.nodeid &&
	    (e.attr.mode & 07777) == 0644,
	    "what is known by its number, and what is true of it");
	g.ino = 1;
	good = given_asked(&w, uid, MSG_KEEP_PUT, &ticket);
	given_answer(&w, &g, nr);
	tap_ok(good && evil_result(&ticket) == -EIO,
	    "another file under that number");
	fs_forget(&evil.b.fs, first.nodeid, 2);
	rworker_close(&w);
	tap_ok(evil_healthy(), "nothing is left of it");
}

void
evil_given(void)
{
	static const struct given fatal[] = {
		{ "not sending what a user gets", MSG_KEEP_USE, 0, 0, 0, 0,
		    GIVEN_SEAL },
		{ "a number that nothing is kept under", MSG_KEEP_USE, 7, 0,
		    0, 0, 0 },
		{ "keeping it under another number", MSG_KEEP_PUT, 1, 0, 0, 1,
		    GIVEN_SEAL },
	};
	static const struct given refused[] = {
		{ "a directory that is not sent", MSG_KEEP_USE, 0,
		    S_IFDIR | 0755, 0, 0, GIVEN_SEAL },
		{ "a file without a handle that is not sent", MSG_KEEP_USE, 0,
		    0, 0, 0, 0 },
		{ "a device that is not sent", MSG_KEEP_USE, 0, S_IFCHR | 0666,
		    0, 0, GIVEN_SEAL },
	};
	unsigned int i;

	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		given_fatal(rtrans_uid(&evil), MSG_KEEP_PUT, &fatal[i]);
	given_fatal(0, MSG_KEEP_USE, &fatal[2]);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		given_refused(0, MSG_KEEP_USE, &refused[i], -EIO);
	given_again(rtrans_uid(&evil));
}
