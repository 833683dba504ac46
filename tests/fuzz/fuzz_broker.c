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
 * Knows: a transport, a spawner and workers who say anything to the broker, in
 * the order that the input lists, and take their answers or do not.
 * Never: how the broker is set up.
 */

#include "config.h"

#include <sys/queue.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>

#define FAKE_CALLS
#include "tests/fuzz/fake.h"

#include "common/chan.c"
#include "common/fdbag.c"
#include "common/mring.c"

#include "common/log.h"

#include "tests/fuzz/brokerenv.h"

#define PUMP_MAX 100000

/* What comes next; the record's first byte. */
enum deed {
	DEED_SEND, /* who, raw */
	DEED_WGET,
	DEED_WPUT,
	DEED_HOPEN,
	DEED_SPAWN, /* the spawner takes what it is told */
	DEED_WEXIT,
	DEED_WHELLO,
	DEED_WREADY,
	DEED_TAKE, /* the transport takes its answers */
	DEED_TIME,
	DEED_CLOSE,
	DEED_ROOM,
	DEED_CNT,
};

#define HOW_SOCKETS	RAW_HOW		/* descriptors are sockets */

/* ---- what must be true of what it says ---- */

static struct model *
model_of(uint32_t id)
{
	unsigned int i;

	for (i = model_cnt; i-- > 0;)
		if (models[i].id == id)
			return &models[i];
	return NULL;
}

static void
take_spawn(const struct q_spawn *q, unsigned int home)
{
	struct model *m;
	uint64_t caps;

	FUZZ_MUST(policy_check(&policy, &q->cred, &caps) == 0);
	FUZZ_MUST((caps & ~policy_spawner_caps(&policy, home)) == 0);
	FUZZ_MUST(policy_home(&policy, &q->cred) == home);
	FUZZ_MUST(model_of(q->worker_id) == NULL && q->worker_id != 0);
	if (model_cnt == MODEL_MAX)
		return;
	m = &models[model_cnt++];
	memset(m, 0, sizeof(*m));
	m->id = q->worker_id;
	m->cred = q->cred;
	m->caps = caps;
	m->fd = fdbag_take(&msg.fds, 0);
	FUZZ_MUST(m->fd != -1);
}

/* err and how many of the questions are answered: 255 all. */
static void
deed_spawn(struct fuzz *f)
{
	uint8_t err = fuzz_u8(f), cnt = fuzz_u8(f);
	struct a_spawn a = {.pid = 3};
	struct chan_out out = {.type = A_SPAWN, .err = err, .body = &a};
	struct chan *c;

	for (c = spawners; c < spawners + 2; c++)
		while (c->fd != -1 && chan_recv(c, &msg) == 0) {
			if (msg.hdr.type == Q_SPAWN) {
				take_spawn(msg.body, (unsigned int)(home_of(
				    c != spawners) - b.home));
				out.id = msg.hdr.id;
				if (cnt > 0)
					chan_send(c, &out);
				cnt -= cnt > 0;
			} else
				FUZZ_MUST(msg.hdr.type == N_SKILL);
			fdbag_close(&msg.fds);
		}
}

static void
take_wget(const struct a_wget *a)
{
	struct model *m = model_of(a->worker_id);

	FUZZ_MUST(msg.fds.cnt == 1 + MRING_FDS);
	if (m == NULL) {
		FUZZ_MUST(model_cnt == MODEL_MAX);
		return;
	}
	FUZZ_MUST(m->honest && !m->told);
	m->told = 1;
}

static void
deed_take(uint8_t cnt)
{
	for (; transport.fd != -1 && cnt > 0; cnt--) {
		if (chan_recv(&transport, &msg) != 0)
			return;
		if (msg.hdr.type == A_WGET && msg.hdr.err == 0)
			take_wget(msg.body);
		fdbag_close(&msg.fds);
	}
}

/* ---- what is said to it ---- */

static int
peer_fd(uint8_t who)
{
	if (who % 3 == 0)
		return transport.fd;
	if (who % 3 == 1)
		return spawners[who / 3 % 2].fd;
	return model_cnt == 0 ? -1 : models[who / 3 % model_cnt].fd;
}

/* Would a worker who is what m is say that? */
static void
judge_ready(struct model *m, const struct n_wready *n)
{
	const struct cred *c = &m->cred, *g = c;

	if (b.userns.stuck)
		g = &b.own_groups;
	if (n->ruid == c->uid && n->euid == c->uid && n->suid == c->uid &&
	    n->fsuid == c->uid && n->rgid == c->gid && n->egid == c->gid &&
	    n->sgid == c->gid && n->fsgid == c->gid &&
	    n->groups.gid_cnt == g->gid_cnt &&
	    memcmp(n->groups.gids, g->gids, sizeof(g->gids)) == 0 &&
	    n->cap_eff == m->caps && n->cap_prm == m->caps &&
	    n->cap_bnd == m->caps && n->cap_inh == 0 && n->cap_amb == 0 &&
	    n->no_new_privs == 1 && n->dumpable == 0 &&
	    n->landlock == LANDLOCK && n->userns == userns_of(c))
		m->honest = 1;
}

static void
send_raw(struct fuzz *f, uint8_t who)
{
	int fds[RAW_FDS_MAX], fd = peer_fd(who), any;
	unsigned int i;

	raw_read(f, &raw);
	if (fd == -1)
		return;
	if (who % 3 == 2 && raw.hdr.type == N_WREADY &&
	    raw.len == sizeof(raw.hdr) + sizeof(struct n_wready))
		judge_ready(&models[who / 3 % model_cnt],
		    (const void *)(raw.bytes + sizeof(raw.hdr)));
	any = (raw.how & HOW_SOCKETS) ? fake_stream() : fake_fd(S_IFREG);
	for (i = 0; i < raw.fd_cnt; i++)
		fds[i] = any;
	fake_send(fd, raw.bytes, raw.len, fds, raw.fd_cnt);
	fake_close(any);
}

static void
say(struct chan *c, uint16_t type, uint32_t id, const void *body)
{
	struct chan_out out = {.type = type, .id = id, .body = body};

	if (c->fd != -1)
		chan_send(c, &out);
}

static void
worker_say(struct model *m, uint16_t type, const void *body)
{
	struct chan_out out = {.type = type, .body = body};
	struct chan c;

	if (m->fd == -1)
		return;
	chan_init(&c, m->fd, MSG_FSWORKER, MSG_BROKER, 1);
	chan_send(&c, &out);
}

static void
deed_wget(struct fuzz *f)
{
	struct q_wget q;
	uint32_t id = fuzz_u8(f);

	cred_set(&q.cred, (enum cred_class)(fuzz_u8(f) % 5), fuzz_u16(f),
	    fuzz_u16(f));
	q.cred.gid_cnt = fuzz_u8(f) % 4;
	q.cred.gids[0] = q.cred.gid_cnt > 0 ? 1005 : 0;
	q.cred.gids[1] = q.cred.gid_cnt > 1 ? fuzz_u16(f) : 0;
	q.cred.gids[2] = q.cred.gid_cnt > 2 ? fuzz_u32(f) : 0;
	say(&transport, Q_WGET, id, &q);
}

static void
deed_hopen(struct fuzz *f)
{
	uint8_t how = fuzz_u8(f);
	struct q_hopen q;

	memset(&q, 0, sizeof(q));
	q.seal.mnt_id = (how & 2) ? fuzz_u8(f) : MNT_ID;
	q.seal.len = fuzz_u8(f) % MSG_HANDLE_MAX + 1;
	fuzz_bytes(f, q.seal.handle, fuzz_u8(f) % q.seal.len);
	handle_err = fuzz_u8(f) % 2 * ESTALE;
	seal_make(&q.seal, b.seal_key);
	if (how & 1)
		q.seal.mac[how >> 4] ^= 1;
	say(&transport, Q_HOPEN, 300, &q);
}

/* Born as m is, but for one byte. */
static void
deed_wready(struct fuzz *f)
{
	struct model *m = &models[fuzz_u8(f) % (model_cnt + !model_cnt)];
	size_t at = fuzz_u16(f) % sizeof(struct n_wready);
	struct n_wready n;

	memset(&n, 0, sizeof(n));
	n.ruid = n.euid = n.suid = n.fsuid = m->cred.uid;
	n.rgid = n.egid = n.sgid = n.fsgid = m->cred.gid;
	n.groups = b.userns.stuck ? b.own_groups : m->cred;
	n.cap_eff = n.cap_prm = n.cap_bnd = m->caps;
	n.no_new_privs = 1;
	n.landlock = LANDLOCK;
	n.userns = userns_of(&m->cred);
	((uint8_t *)&n)[at] ^= fuzz_u8(f);
	if (model_cnt == 0 || m->fd == -1)
		return;
	judge_ready(m, &n);
	worker_say(m, N_WREADY, &n);
}

static void
deed_whello(struct fuzz *f)
{
	uint8_t which = fuzz_u8(f);
	struct q_whello q;

	memcpy(q.build_id, msg_build_id, sizeof(q.build_id));
	q.build_id[0] ^= fuzz_u8(f);
	if (model_cnt > 0)
		worker_say(&models[which % model_cnt], Q_WHELLO, &q);
}

/* Somebody goes; the transport also ends. */
static void
deed_close(struct fuzz *f)
{
	uint8_t who = fuzz_u8(f);

	if (who % 4 == 0)
		fd_close(&transport.fd);
	else if (who % 4 == 1)
		fd_close(&spawners[who / 4 % 2].fd);
	else if (who % 4 == 2 && model_cnt > 0)
		fd_close(&models[who / 4 % model_cnt].fd);
	else if (who % 4 == 3 && status == -1) {
		status = fuzz_u8(f) | (who & 0x40) << 2;
		fake_write(b.transport_pidfd, NULL, 8);
	}
}

static void
deed_time(uint8_t how)
{
	fake_sleep(how >> 4);
	if ((how & 15) == 15)
		fake_signal(SIGTERM);
	else
		fake_timer(how & 15);
}

static void
one_deed(struct fuzz *f)
{
	struct n_wexit exited;
	struct n_wput put;
	uint8_t who;

	switch ((enum deed)(fuzz_u8(f) % DEED_CNT)) {
	case DEED_SEND:
		who = fuzz_u8(f);
		send_raw(f, who);
		if (who % 3 != 2)
			break;
		/* Nothing that a worker says ends the broker. */
		fake_pump(PUMP_MAX);
		FUZZ_MUST(!fake_left());
		break;
	case DEED_WGET:
		deed_wget(f);
		break;
	case DEED_WPUT:
		memset(&put, 0, sizeof(put));
		put.worker_id = fuzz_u8(f);
		say(&transport, N_WPUT, 0, &put);
		break;
	case DEED_HOPEN:
		deed_hopen(f);
		break;
	case DEED_SPAWN:
		deed_spawn(f);
		break;
	case DEED_WEXIT:
		exited.worker_id = fuzz_u8(f);
		exited.status = fuzz_u32(f);
		say(&spawners[exited.status >> 31], N_WEXIT, 0, &exited);
		break;
	case DEED_WHELLO:
		deed_whello(f);
		break;
	case DEED_WREADY:
		deed_wready(f);
		break;
	case DEED_TAKE:
		deed_take(fuzz_u8(f));
		break;
	case DEED_TIME:
		deed_time(fuzz_u8(f));
		break;
	case DEED_CLOSE:
		deed_close(f);
		break;
	case DEED_ROOM:
	case DEED_CNT:
		who = fuzz_u8(f);
		if (b.transport.fd != -1 && (who & 1) == 0)
			fake_room(b.transport.fd, who >> 1);
		else if (b.home[0].chan.fd != -1 && (who & 1) != 0)
			fake_room(b.home[0].chan.fd, who >> 1);
		break;
	}
}

/* First messages as they should be, or as the input has them. */
static void
hello(struct fuzz *f)
{
	uint8_t how = fuzz_u8(f);
	struct q_hello q;
	struct n_sready n;
	unsigned int i;

	memset(&n, 0, sizeof(n));
	n.no_new_privs = n.pid = 1;
	for (i = 2; i-- > 0;) {
		n.userns = home_of(i)->userns ^ (i & how >> 2);
		n.cap_eff = n.cap_prm = policy_spawner_caps(&policy,
		    (unsigned int)(home_of(i) - b.home));
		if (i > 0 || (how & 1) == 0)
			say(&spawners[i], N_SREADY, 0, &n);
	}
	memcpy(q.build_id, msg_build_id, sizeof(q.build_id));
	if (how & 1)
		send_raw(f, 1);
	if (how & 2)
		send_raw(f, 0);
	else
		say(&transport, Q_HELLO, 9, &q);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;
	int ended;

	f.at = data;
	f.left = size;
	log_set_level(LOG_LEVEL_OFF);
	begin(fuzz_u8(&f));
	if (OVER_BEGIN()) {
		hello(&f);
		serve_hello(&b);
		while (f.left > 0 && !fake_left()) {
			one_deed(&f);
			fake_pump(PUMP_MAX);
			FUZZ_MUST(b.worker_cnt <= WORKER_MAX);
		}
		ended = serve_loop(&b);
		FUZZ_MUST(ended == 0 || ended == 1);
	} else
		fdbag_close(&serve_msg.fds);
	end();
	return 0;
}
