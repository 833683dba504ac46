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
 * Knows: answers to every question that a worker is asked, which are lies in
 * form or in content.
 * Never: how a guest makes the transport ask it (rogue_every_ask.c); what
 * only one kind of answer could say (the other files of rogue_worker).
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "rogue_every.h"

#define EVERY_MODE	02644	/* writing to it is a worker's */

/* A message in the making. */
struct every_msg {
	struct msg_hdr hdr;
	uint8_t bytes[MSG_BODY_MAX + MSG_TAIL_MAX + 64];
};

struct every_lie {
	const char *name;
	int form;		/* it must be noticed at once */
	/* Returns 0 if this kind of answer cannot be wrong so. */
	int (*spoil)(const struct msg_row *a, struct every_msg *m,
	    int fds[MSG_FDS_MAX]);
};

#define LIE(fn, body) \
static int \
lie_##fn(const struct msg_row *a, struct every_msg *m, int fds[MSG_FDS_MAX]) \
{ \
	(void)a; \
	(void)m; \
	(void)fds; \
	body; \
	return 1; \
}

static int every_pipe[2], every_dir;

LIE(other, m->hdr.type = a->type == A_LOOKUP ? A_UNLINK : A_LOOKUP)
LIE(question, m->hdr.type = (uint16_t)(a->type - 1))
LIE(id, m->hdr.id ^= 1)
LIE(err_body, m->hdr.err = EIO)
LIE(err_big, m->hdr.err = 4096; m->hdr.len = sizeof(m->hdr);
    m->hdr.fd_cnt = 0)
LIE(header, m->hdr.len = sizeof(m->hdr))
LIE(short, m->hdr.len--)
LIE(long, m->hdr.len += a->tail_max + 1)
LIE(more_fds, if (a->fds > MSG_FDS_MAX) return 0; m->hdr.fd_cnt++)
LIE(less_fds, if (a->fds > MSG_FDS_MAX || a->fds == 0) return 0;
    m->hdr.fd_cnt--)
LIE(few, if (a->type != A_CREATE) return 0; m->hdr.fd_cnt = 1)
LIE(none, if (a->type != A_CREATE) return 0; m->hdr.fd_cnt = 0)
LIE(many, if (a->type != A_CREATE) return 0; m->hdr.fd_cnt = 3)
LIE(many_dir, if (a->type != A_CREATE) return 0; m->hdr.fd_cnt = 3;
    fds[2] = every_dir)
LIE(zero, memset(m->bytes, 0, a->body_len))
LIE(ones, memset(m->bytes, 0xff, a->body_len))
LIE(random, arc4random_buf(m->bytes, a->body_len))
LIE(tail_ones, if (a->tail_max == 0) return 0;
    memset(m->bytes + a->body_len, 0xff, a->tail_max);
    m->hdr.len += a->tail_max)
LIE(tail_random, if (a->tail_max == 0) return 0;
    arc4random_buf(m->bytes + a->body_len, a->tail_max);
    m->hdr.len += a->tail_max)
LIE(pipe, if (m->hdr.fd_cnt == 0) return 0; fds[0] = fds[1] = every_pipe[0])
LIE(dir, if (m->hdr.fd_cnt == 0) return 0; fds[0] = fds[1] = every_dir)

static const struct every_lie lies[] = {
	{ "the answer to something else", 1, lie_other },
	{ "a question", 1, lie_question },
	{ "the id of no question", 1, lie_id },
	{ "an error with a body", 1, lie_err_body },
	{ "errno 4096", 1, lie_err_big },
	{ "a header alone", 1, lie_header },
	{ "a byte too few", 1, lie_short },
	{ "a byte too many", 1, lie_long },
	{ "a descriptor too many", 1, lie_more_fds },
	{ "a descriptor too few", 1, lie_less_fds },
	{ "a node and no file", 0, lie_few },
	{ "no descriptor", 0, lie_none },
	{ "a file for the directory", 0, lie_many },
	{ "another directory for it", 0, lie_many_dir },
	{ "zeros", 0, lie_zero },
	{ "ones", 0, lie_ones },
	{ "anything", 0, lie_random },
	{ "anything else", 0, lie_random },
	{ "a tail of ones", 0, lie_tail_ones },
	{ "a tail of anything", 0, lie_tail_random },
	{ "a pipe", 0, lie_pipe },
	{ "a directory", 0, lie_dir },
};

#define LIE_CNT		(sizeof(lies) / sizeof(lies[0]))

/* ---- answers ---- */

static bool
every_lied(struct every_try *t, const struct every_lie *lie)
{
	static struct every_msg m;
	const struct msg_row *a = msg_row((uint16_t)(t->e->verb + 1));
	int fds[MSG_FDS_MAX], node, i;
	struct msg_attr attr;
	bool can;

	node = rworker_attr(&evil, "setgid", &attr);
	for (i = 0; i < MSG_FDS_MAX; i++)
		fds[i] = node;
	memset(&m, 0, sizeof(m));
	if (a->body_len >= sizeof(attr))
		memcpy(m.bytes, &attr, sizeof(attr));
	m.hdr.type = a->type;
	m.hdr.id = t->w.msg.hdr.id;
	m.hdr.fd_cnt = a->type == A_CREATE ? 2 :
	    a->fds > MSG_FDS_MAX ? 0 : a->fds;
	m.hdr.len = (uint32_t)sizeof(m.hdr) + a->body_len;
	can = lie->spoil(a, &m, fds) != 0;
	if (can)
		rworker_raw(&t->w, &m, m.hdr.len, fds, m.hdr.fd_cnt);
	else
		rworker_error(&t->w, ENOENT);
	close(node);
	return can;
}

/* Another worker is asked, or none because it might have happened. */
static bool
every_noticed(struct every_try *t)
{
	struct rworker honest;
	bool good;

	if (!t->e->again)
		return true;
	if (rtrans_grant(&evil, &honest, t->uid) != 0)
		return false;
	good = rworker_question(&honest) == t->e->verb;
	rworker_error(&honest, ENOENT);
	rworker_close(&honest);
	return good;
}

static bool
every_try(const struct every *e, const struct every_lie *lie)
{
	static uint8_t out[EVERY_ROOM];
	struct every_try t;
	bool good, lied = false;
	int rc = FS_LOST;

	memset(out, 0, sizeof(out));
	if ((good = every_ask(&t, e))) {
		lied = every_lied(&t, lie);
		if (lied && lie->form)
			good = every_noticed(&t);
		rc = fs_finish(&evil.b.fs, &t.ticket, out, sizeof(out));
		/* An answer; of a worker that was thrown out, an error. */
		good = good && rc > FS_TIMEOUT;
		if (lied && lie->form)
			good = good && rc == (e->again ? -ENOENT : -EIO) &&
			    rworker_question(&t.w) == -1;
		every_undo(&t, rc, out);
	}
	rworker_close(&t.w);
	rtrans_drain(&evil);
	if (!good)
		tap_diag("%s with %s: %s", msg_row(e->verb)->name, lie->name,
		    tap_rcname(rc));
	return good;
}

static void
every_verb(const struct every *e)
{
	unsigned int i, good = 0;

	for (i = 0; i < LIE_CNT; i++)
		good += every_try(e, &lies[i]);
	tap_ok(good == LIE_CNT && evil_healthy(), "%s answered with lies",
	    msg_row(e->verb)->name);
}

/*
 * Every question to a worker is in the table, and none twice; no request waits
 * for the answer to one of them (rogue_ahead.c).
 */
static void
every_complete(void)
{
	unsigned int i, row, has, missing = 0;

	for (row = 0; row < msg_row_cnt; row++) {
		if (msg_rows[row].from != MSG_TRANSPORT ||
		    msg_rows[row].to != MSG_FSWORKER ||
		    strncmp(msg_rows[row].name, "Q_", 2) != 0 ||
		    msg_rows[row].type == Q_AHEAD)
			continue;
		for (has = i = 0; i < every_cnt; i++)
			has += everys[i].verb == msg_rows[row].type;
		if (has == 1)
			continue;
		tap_diag("%s: %u entries", msg_rows[row].name, has);
		missing++;
	}
	tap_is((int)missing, 0, "there are lies for every question");
}

void
evil_every(void)
{
	unsigned int i;

	if (pipe2(every_pipe, O_CLOEXEC) == -1 ||
	    (every_dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		tap_bail("descriptors: %s", strerror(errno));
	box_file(&evil.b, "setgid", "text", 4);
	if (chmod(box_host(&evil.b, "setgid"), EVERY_MODE) == -1 ||
	    symlink("to", box_host(&evil.b, "link")) == -1)
		tap_bail("share: %s", strerror(errno));
	every_complete();
	for (i = 0; i < every_cnt; i++)
		every_verb(&everys[i]);
	close(every_dir);
	close(every_pipe[0]);
	close(every_pipe[1]);
}
