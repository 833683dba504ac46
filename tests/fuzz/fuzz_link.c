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
 * Knows: a broker and workers who say anything to the transport, and requests
 * that wait for them.
 * Never: what is in an answer: see fuzz_fuse.c.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>

#define FAKE_CALLS
#include "tests/fuzz/fake.h"

#include "common/chan.c"
#include "common/fdbag.c"
#include "common/mring.c"

#include "common/log.h"

#include "tests/fuzz/linkenv.h"
#include "tests/fuzz/linkpeer.h"

#define PUMP_MAX 100000

/* What comes next; the record's first byte. */
enum deed {
	DEED_CALL,
	DEED_HOPEN,
	DEED_GRANT, /* the broker answers a question for a worker */
	DEED_OPENED,
	DEED_BROKER,   /* raw */
	DEED_ANSWER,   /* a worker does */
	DEED_WORKER,   /* raw, on the socket or in the ring */
	DEED_SCRIBBLE, /* into the ring's indices */
	DEED_CLOSE,
	DEED_TIME,
	DEED_DRAIN,
	DEED_ROOM, /* for questions; or a node is forgotten */
	DEED_CNT,
};

/* ---- requests ---- */

static void
deed_call(struct fuzz *f)
{
	const struct msg_row *row = &msg_rows[fuzz_u8(f) % msg_row_cnt];
	uint8_t how = fuzz_u8(f), node = fuzz_u8(f);
	unsigned int i, k;
	struct req *r;

	for (i = 0; i < REQS && busy[i]; i++)
		continue;
	if (i == REQS || row->from != MSG_TRANSPORT ||
	    row->to != MSG_FSWORKER || row->answer || row->type == N_DROP ||
	    row->type == N_WATCH)
		return;
	r = &reqs[i];
	memset(&r->call, 0, sizeof(r->call));
	r->fs = &fs;
	cred_set(&r->call.cred, (how & 3) == 0 ? CRED_ROOT : CRED_USER,
	    how & 3, 0);
	r->call.type = row->type;
	r->call.fd_cnt = (uint8_t)row->fds;
	for (k = 0; k < row->fds; k++) {
		r->node[k] = &nodes[(node + k * 7) % NODES];
		r->handle[k] = &opened[k];
		opened[k].fd = r->node[k]->fd;
		if (r->node[k]->nlookup == 0)
			return;
	}
	r->call.repeatable = how >> 2 & 1;
	r->call.creates = how >> 3 & 1;
	r->call.handles = how >> 4 & 1;
	r->call.lazy = how >> 7 & 1;
	r->call.tail = raw.bytes;
	r->call.tail_len = (how & 0x20) ? row->tail_max : 0;
	r->call.done = on_done;
	busy[i] = 1;
	wlink_call(fs.wlink, r);
	if (how & 0x40)
		dispatch_flush(&fs);
}

/* Somebody waits for all of them now. */
static void
deed_hurry(void)
{
	unsigned int i;

	for (i = 0; i < REQS; i++)
		if (busy[i])
			reqs[i].call.lazy = 0;
	dispatch_flush(&fs);
}

static void
deed_hopen(void)
{
	struct msg_seal seal = {.len = 1};
	unsigned int i;

	for (i = 0; i < REQS && busy[i]; i++)
		continue;
	if (i == REQS)
		return;
	busy[i] = 1;
	if (blink_hopen(fs.blink, &seal, &busy[i]) != 0)
		busy[i] = 0;
}

/* ---- anybody ---- */

static void
deed_close(uint8_t who)
{
	struct peer *p = peer(who);

	if (who == 255)
		fd_close(&broker.fd);
	else if (p != NULL)
		chan_close(&p->chan);
}

static void
deed_time(uint8_t how)
{
	fake_sleep(how >> 4);
	fake_timer(how & 15);
}

static void
one_deed(struct fuzz *f)
{
	uint8_t val;

	switch ((enum deed)(fuzz_u8(f) % DEED_CNT)) {
	case DEED_CALL:
		deed_call(f);
		break;
	case DEED_HOPEN:
		deed_hopen();
		break;
	case DEED_GRANT:
		deed_grant(f);
		break;
	case DEED_OPENED:
		deed_opened(fuzz_u8(f));
		break;
	case DEED_BROKER:
		deed_broker(f);
		break;
	case DEED_ANSWER:
		deed_answer(f);
		break;
	case DEED_WORKER:
		deed_worker(f);
		break;
	case DEED_SCRIBBLE:
		deed_scribble(f);
		break;
	case DEED_CLOSE:
		deed_close(fuzz_u8(f));
		break;
	case DEED_TIME:
		deed_time(fuzz_u8(f));
		break;
	case DEED_DRAIN:
		val = fuzz_u8(f);
		draining = val & 1;
		if (val & 2)
			deed_hurry();
		wlink_drain(fs.wlink);
		break;
	case DEED_ROOM:
	case DEED_CNT:
		val = fuzz_u8(f);
		if ((val & 1) == 0) {
			nodes[(val >> 1) % NODES].nlookup = 0;
			wkeep_forget(&nodes[(val >> 1) % NODES]);
		} else if (broker.fd != -1)
			fake_room(fs.blink->chan.fd, val >> 1);
		break;
	}
}

/* ---- begin and end ---- */

/* Bits: an id map, one that does not fit, or a raw answer. */
static void
say_hello(struct fuzz *f, uint8_t how)
{
	struct idmap_rule rule = {IDMAP_UID, IDMAP_GUEST, 1, 2, 3};
	int fds[2] = {fake_fd(S_IFSOCK), fake_fd(S_IFDIR)};
	struct a_hello a = {.flags = MSG_SHARE_TRUST_GUEST};
	struct chan_out out = {.type = A_HELLO, .body = &a, .fds = fds};

	out.fd_cnt = 2;
	a.worker_max = 1 + (how & 7);
	if (how & 0x10) {
		a.idmap_cnt = fuzz_u32(f);
		fuzz_bytes(f, &rule, sizeof(rule));
		out.tail = &rule;
		out.tail_len = fuzz_u8(f) % (sizeof(rule) + 1);
	}
	if (how & 0x20)
		deed_broker(f);
	chan_send(&broker, &out);
	fake_close(fds[0]);
	fake_close(fds[1]);
}

static void
begin(struct fuzz *f, int *fd)
{
	unsigned int i;
	int pair[2];

	fake_begin();
	memset(&fs, 0, sizeof(fs));
	memset(busy, 0, sizeof(busy));
	first = NULL;
	ids.rules = NULL;
	peer_cnt = asked_cnt = 0;
	draining = 0;
	FUZZ_MUST(chan_pair(pair) == 0);
	chan_init(&broker, pair[0], MSG_BROKER, MSG_TRANSPORT, 1);
	*fd = pair[1];
	for (i = 0; i < NODES; i++) {
		nodes[i].idx = i + 2;
		nodes[i].gen = nodes[i].nlookup = 1;
		nodes[i].kept = NULL;
		nodes[i].mode = i % 8 == 7 ? S_IFREG : S_IFDIR;
		nodes[i].fd = fake_fd(nodes[i].mode);
	}
	fdbag_init(&msg.fds);
	say_hello(f, fuzz_u8(f));
}

/* Nobody is there any more: what waits is answered all the same. */
static void
finish(void)
{
	struct chan_out out = {.type = A_WGET, .err = EIO};
	unsigned int i;

	draining = 0;
	fake_room(fs.blink->chan.fd, 1000);
	while (peer_cnt > 0)
		chan_close(&peers[--peer_cnt].chan);
	fake_pump(PUMP_MAX);
	for (i = 0; i < 200 && (i < 4 || fs.wlink->pool_cnt > 0); i++) {
		fake_sleep(WLINK_CRASH_TIME + 1);
		while (broker_asked(Q_WGET, &out.id))
			chan_send(&broker, &out);
		while (broker_asked(Q_HOPEN, &out.id)) {
			out.type = A_HOPEN;
			chan_send(&broker, &out);
			out.type = A_WGET;
		}
		fake_pump(PUMP_MAX);
		fake_timer(i);
		fake_pump(PUMP_MAX);
	}
	for (i = 0; i < REQS; i++)
		FUZZ_MUST(busy[i] == 0);
	FUZZ_MUST(fs.wlink->worker_cnt == 0 && fs.wlink->pool_cnt == 0);
}

static void
free_wlink(struct wlink *w)
{
	struct wpool *p;
	unsigned int i;

	if (w == NULL)
		return;
	for (i = 0; i < WLINK_BUCKETS; i++)
		while ((p = LIST_FIRST(&w->pool[i])) != NULL) {
			while (!TAILQ_EMPTY(&p->workers))
				wlink_worker_free(TAILQ_FIRST(&p->workers));
			LIST_REMOVE(p, entry);
			free(p);
		}
	fake_close(w->gonefd);
	free(w);
}

static void
free_blink(struct blink *b)
{
	struct blink_hopen *h;
	unsigned int i;

	fdbag_close(&b->msg.fds);
	for (i = 0; i < BLINK_HOPEN_MAX; i++)
		free(b->hopen[i]);
	while ((h = STAILQ_FIRST(&b->hopen_wait)) != NULL) {
		STAILQ_REMOVE_HEAD(&b->hopen_wait, entry);
		free(h);
	}
	free(b);
}

static void
end(int listenfd, int rootfd, int fd)
{
	unsigned int i;

	if (fs.wlink != NULL)
		fdbag_close(&fs.wlink->msg.fds);
	free_wlink(fs.wlink);
	free_blink(first);
	free((void *)(uintptr_t)ids.rules);
	while (peer_cnt > 0)
		chan_close(&peers[--peer_cnt].chan);
	for (i = 0; i < NODES; i++)
		fake_close(nodes[i].fd);
	fd_close(&broker.fd);
	fd_close(&listenfd);
	fd_close(&rootfd);
	fake_close(fd);
	FUZZ_MUST(fake_held() == 0);
	fake_end();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	static int listenfd, rootfd, fd;

	f.at = data;
	f.left = size;
	listenfd = rootfd = -1;
	log_set_level(LOG_LEVEL_OFF);
	begin(&f, &fd);
	if (OVER_BEGIN()) {
		fs.blink = blink_hello(fd, &fs.conf, &ids, &listenfd, &rootfd);
		chan_phase(&broker, MSG_PHASE_RUN);
		blink_start(fs.blink, NULL, &ops, &fs);
		fs.conf.worker_max = fs.conf.worker_max % 8 + 1;
		fs.conf.keep_max %= 64;
		fs.wlink = wlink_new(&fs);
		FUZZ_MUST(fs.wlink != NULL);
		while (f.left > 0) {
			one_deed(&f);
			fake_pump(PUMP_MAX);
			broker_listen();
		}
		if (broker.fd != -1)
			finish();
	}
	end(listenfd, rootfd, fd);
	return 0;
}
