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

#ifndef VIOFSD_FUZZ_LINKPEER_H
#define VIOFSD_FUZZ_LINKPEER_H

/*
 * What a broker and workers say to the transport: what it asked them for, and
 * anything else.  Included once, behind linkenv.h.
 */

#define HOW_RING	RAW_HOW		/* as one in the ring */
#define HOW_SILENT	(2 * RAW_HOW)	/* not announced there */

/* ---- the broker ---- */

/* What the transport asked, whatever becomes of it. */
static void
broker_listen(void)
{
	while (broker.fd != -1 && chan_recv(&broker, &msg) == 0) {
		FUZZ_MUST(msg.fds.cnt == 0);
		if (msg.hdr.type == N_WPUT || asked_cnt == ASKED)
			continue;
		asked[asked_cnt].type = msg.hdr.type;
		asked[asked_cnt++].id = msg.hdr.id;
	}
}

static int
broker_asked(uint16_t type, uint32_t *id)
{
	unsigned int i;

	broker_listen();
	for (i = 0; i < asked_cnt && asked[i].type != type; i++)
		continue;
	if (i == asked_cnt)
		return 0;
	*id = asked[i].id;
	asked_cnt--;
	memmove(&asked[i], &asked[i + 1],
	    (asked_cnt - i) * sizeof(asked[0]));
	return 1;
}

/* A worker: its end stays here. */
static void
grant(struct peer *p, struct chan_out *out, uint8_t how)
{
	int pair[2], ring[MRING_FDS], mine[MRING_FDS], fds[1 + MRING_FDS], i;

	FUZZ_MUST(chan_pair(pair) == 0 && mring_make(ring) == 0);
	chan_init(&p->chan, pair[1], MSG_FSWORKER, MSG_TRANSPORT, 1);
	chan_phase(&p->chan, MSG_PHASE_RUN);
	for (i = 0; i < MRING_FDS; i++)
		mine[i] = fake_dup(ring[i]);
	FUZZ_MUST(chan_ring(&p->chan, mine, MRING_WORKER, 0) == 0);
	p->mad = 0;
	fds[0] = pair[0];
	memcpy(fds + 1, ring, sizeof(ring));
	/* One of them is something else. */
	if (how & 1) {
		fake_close(fds[how >> 1 & 3]);
		fds[how >> 1 & 3] = (how & 8) ? fake_stream() :
						fake_fd(S_IFREG);
	}
	out->fds = fds;
	out->fd_cnt = 1 + MRING_FDS;
	chan_send(&broker, out);
	for (i = 0; i < 1 + MRING_FDS; i++)
		fake_close(fds[i]);
}

static void
deed_grant(struct fuzz *f)
{
	uint8_t err = fuzz_u8(f), how = fuzz_u8(f);
	struct a_wget a = {.worker_id = fuzz_u8(f)};
	struct chan_out out = {.type = A_WGET, .err = err, .body = &a};
	unsigned int i;

	for (i = 0; i < peer_cnt && peers[i].chan.fd != -1; i++)
		continue;
	if (i == PEERS || broker.fd == -1 || !broker_asked(Q_WGET, &out.id))
		return;
	if (err != 0) {
		chan_send(&broker, &out);
		return;
	}
	if (i == peer_cnt)
		peer_cnt++;
	grant(&peers[i], &out, how);
}

static void
deed_opened(uint8_t err)
{
	struct a_hopen a = {.zero = 0};
	struct chan_out out = {.type = A_HOPEN, .err = err, .body = &a};
	int fd;

	if (broker.fd == -1 || !broker_asked(Q_HOPEN, &out.id))
		return;
	fd = fake_fd(S_IFREG);
	out.fds = &fd;
	out.fd_cnt = err == 0;
	chan_send(&broker, &out);
	fake_close(fd);
}

/* ---- workers, and anybody ---- */

static void
send_raw(int fd)
{
	int fds[RAW_FDS_MAX], any = fake_fd(S_IFREG);
	unsigned int i;

	for (i = 0; i < raw.fd_cnt; i++)
		fds[i] = any;
	fake_send(fd, raw.bytes, raw.len, fds, raw.fd_cnt);
	fake_close(any);
}

static void
deed_broker(struct fuzz *f)
{
	raw_read(f, &raw);
	if (broker.fd != -1)
		send_raw(broker.fd);
}

static struct peer *
peer(uint8_t which)
{
	struct peer *p = &peers[peer_cnt == 0 ? 0 : which % peer_cnt];

	return peer_cnt == 0 || p->chan.fd == -1 ? NULL : p;
}

static void
deed_worker(struct fuzz *f)
{
	struct peer *p = peer(fuzz_u8(f));

	raw_read(f, &raw);
	if (p == NULL)
		return;
	p->mad = 1;
	if (raw.how & HOW_RING) {
		if (raw.len > MRING_SLOT_LEN)
			raw.len = MRING_SLOT_LEN;
		memcpy(mring_begin(&p->chan.ring), raw.bytes, raw.len);
		mring_put(&p->chan.ring, raw.len);
	} else {
		send_raw(p->chan.fd);
		if ((raw.how & HOW_SILENT) == 0)
			mring_put_elsewhere(&p->chan.ring);
	}
	chan_bell(&p->chan);
}

/* A worker takes its next question and answers it, or nearly. */
static void
deed_answer(struct fuzz *f)
{
	struct peer *p = peer(fuzz_u8(f));
	uint8_t err = fuzz_u8(f), how = fuzz_u8(f);
	static const uint8_t body[MSG_BODY_MAX];
	struct chan_out out = {.err = err, .body = body, .tail = raw.bytes};
	int fds[MSG_DIRPLUS_MAX], any, got;
	unsigned int i;

	if (p == NULL)
		return;
	got = chan_recv(&p->chan, &msg);
	FUZZ_MUST(got == 0 || got == EAGAIN || got == EPIPE || p->mad);
	if (got != 0)
		return;
	out.type = msg.hdr.type + 1;
	/* A notice has no answer. */
	if (msg_row(out.type) == NULL) {
		fdbag_close(&msg.fds);
		return;
	}
	/* The answer to another question. */
	if ((how & 0x40) && msg_row(out.type + 2) != NULL)
		out.type += 2;
	out.id = msg.hdr.id + ((how & 0x80) != 0);
	fdbag_close(&msg.fds);
	out.tail_len = (how & 1) ? msg_row(out.type)->tail_max : 0;
	out.fd_cnt = msg_row(out.type)->fds;
	if (out.fd_cnt & 0x8000u)
		out.fd_cnt = (how >> 1 & 0x3f) % ((out.fd_cnt & 0x7fffu) + 1);
	any = fake_fd(S_IFREG);
	for (i = 0; i < out.fd_cnt; i++)
		fds[i] = any;
	out.fds = fds;
	chan_send(&p->chan, &out);
	chan_bell(&p->chan);
	fake_close(any);
}

static void
deed_scribble(struct fuzz *f)
{
	struct peer *p = peer(fuzz_u8(f));
	uint8_t what = fuzz_u8(f);
	uint32_t val = fuzz_u32(f);

	if (p == NULL)
		return;
	p->mad = 1;
	switch (what & 3) {
	case 0:
		p->chan.ring.out->head = val;
		break;
	case 1:
		p->chan.ring.in->tail = val;
		break;
	case 2:
		p->chan.ring.in->asleep = val;
		break;
	default:
		p->chan.ring.out->slot[(what >> 2) % MRING_SLOTS].len = val;
		break;
	}
	fake_write(p->chan.ring.bell_out, NULL, 8);
}

#endif
