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
 * Knows: every way in which the answer to a LOOKUP can be wrong in form.
 * Never: an answer that is right in form.
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "evil.h"

struct evil_msg {
	struct msg_hdr hdr;
	struct a_lookup a;
	char more[MSG_TAIL_MAX + 64];
};

struct evil_form {
	const char *name;
	void (*spoil)(struct evil_msg *m, size_t *len, unsigned int *fds);
};

#define FORM(fn, body) \
static void \
form_##fn(struct evil_msg *m, size_t *len, unsigned int *fds) \
{ \
	(void)m; \
	(void)len; \
	(void)fds; \
	body; \
}

FORM(id, m->hdr.id ^= 1)
FORM(id_far, m->hdr.id = UINT32_MAX)
FORM(other, m->hdr.type = A_MKDIR)
FORM(question, m->hdr.type = Q_LOOKUP)
FORM(broker, m->hdr.type = A_WHELLO)
FORM(quit, m->hdr.type = N_QUIT)
FORM(unknown, m->hdr.type = 999)
FORM(none, m->hdr.type = 0)
FORM(err_body, m->hdr.err = EIO)
FORM(err_fd, m->hdr.err = EIO; m->hdr.len = 16; *len = 16)
FORM(err_big, m->hdr.err = 4096; m->hdr.len = 16; *len = 16;
    m->hdr.fd_cnt = 0; *fds = 0)
FORM(err_huge, m->hdr.err = UINT16_MAX; m->hdr.len = 16; *len = 16;
    m->hdr.fd_cnt = 0; *fds = 0)
FORM(no_fd, m->hdr.fd_cnt = 0; *fds = 0)
FORM(no_fd_said, *fds = 0)
FORM(two_fds, m->hdr.fd_cnt = 2; *fds = 2)
FORM(two_fds_unsaid, *fds = 2)
FORM(many_fds, m->hdr.fd_cnt = MSG_FDS_MAX; *fds = MSG_FDS_MAX)
FORM(most_fds, m->hdr.fd_cnt = 253; *fds = 253)
FORM(short, m->hdr.len = (uint32_t)--*len)
FORM(short_unsaid, --*len)
/* Up to there it may be a seal. */
FORM(long, *len += MSG_SEAL_MAX + 1; m->hdr.len = (uint32_t)*len)
FORM(long_unsaid, ++*len)
FORM(header, m->hdr.len = 16; *len = 16)
FORM(half_header, *len = 7)
FORM(empty, *len = 0)
FORM(tail, *len += MSG_TAIL_MAX; m->hdr.len = (uint32_t)*len)
FORM(tail_unsaid, *len += MSG_TAIL_MAX)
FORM(len_zero, m->hdr.len = 0)
FORM(len_huge, m->hdr.len = UINT32_MAX)

static const struct evil_form forms[] = {
	{ "the id of no question", form_id },
	{ "an id far away", form_id_far },
	{ "the answer to another question", form_other },
	{ "a question as answer", form_question },
	{ "a message that only the broker sends", form_broker },
	{ "the broker's order to quit", form_quit },
	{ "an unknown type", form_unknown },
	{ "type 0", form_none },
	{ "an error with a body", form_err_body },
	{ "an error with a descriptor", form_err_fd },
	{ "errno 4096", form_err_big },
	{ "errno 65535", form_err_huge },
	{ "no descriptor", form_no_fd },
	{ "a descriptor promised", form_no_fd_said },
	{ "a descriptor too many", form_two_fds },
	{ "a descriptor that is not announced", form_two_fds_unsaid },
	{ "128 descriptors", form_many_fds },
	{ "253 descriptors", form_most_fds },
	{ "a byte too few", form_short },
	{ "a byte less than announced", form_short_unsaid },
	{ "a byte more than a seal", form_long },
	{ "a byte more than announced", form_long_unsaid },
	{ "a header without a body", form_header },
	{ "half a header", form_half_header },
	{ "nothing", form_empty },
	{ "64 KiB too many", form_tail },
	{ "64 KiB more than announced", form_tail_unsaid },
	{ "length 0 announced", form_len_zero },
	{ "length 2^32 - 1 announced", form_len_huge },
};

static int
evil_send(const struct evil_form *f, struct rworker *w)
{
	static struct evil_msg m;
	int fds[253], nodefd, i;
	unsigned int cnt = 1;
	size_t len = sizeof(m.hdr) + sizeof(m.a);

	nodefd = rworker_attr(&evil, "file", &m.a.attr);
	for (i = 0; i < 253; i++)
		fds[i] = nodefd;
	memset(&m.hdr, 0, sizeof(m.hdr));
	m.hdr.type = A_LOOKUP;
	m.hdr.fd_cnt = 1;
	m.hdr.len = (uint32_t)len;
	m.hdr.id = w->msg.hdr.id;
	f->spoil(&m, &len, &cnt);
	i = rworker_raw(w, &m, len, fds, cnt);
	close(nodefd);
	return i;
}

/*
 * The first worker sends what is wrong: it must be given back, and an honest
 * one gets the same question.
 */
static void
evil_form(const struct evil_form *f)
{
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w, honest;
	bool good;

	good = evil_ask(uid, "file", &ticket) &&
	    rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_LOOKUP;
	good = good && evil_send(f, &w) == 0;
	if (!good || rtrans_grant(&evil, &honest, uid) != 0) {
		tap_ok(false, "%s: not noticed", f->name);
		rworker_close(&w);
		return;
	}
	good = evil.put[w.id] && rworker_question(&honest) == Q_LOOKUP;
	rworker_lookup(&evil, &honest);
	good &= evil_result(&ticket) >= 0;
	good &= rworker_question(&w) == -1;
	rworker_close(&w);
	rworker_close(&honest);
	good &= evil_healthy();
	tap_ok(good, "a worker answers with %s", f->name);
}

void
evil_forms(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		evil_form(&forms[i]);
}
