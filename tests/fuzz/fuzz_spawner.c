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
 * Knows: a broker that says anything to the spawner, and children that end
 * when they like.
 * Never: a process.
 */

#include "config.h"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>

#define FAKE_CALLS
#include "tests/fuzz/fake.h"

#include "common/chan.c"
#include "common/fdbag.c"
#include "common/mring.c"

#include "common/log.h"

#include "tests/fuzz/over.h"
#include "tests/fuzz/rawmsg.h"

__attribute__((noreturn)) static void spawner_exit(int with);
static int spawner_poll(struct pollfd *p, nfds_t cnt, int ms);
static pid_t spawner_forked(void);
static int spawner_killed(pid_t pid, int sig);
static pid_t spawner_waited(int *status);
#define fatal(...) over_fatal(__VA_ARGS__)
#define fatalx(...) over_fatal(__VA_ARGS__)
#define _exit(with) spawner_exit(with)
#define poll(p, cnt, ms) spawner_poll(p, cnt, ms)
#define fork() spawner_forked()
#define kill(pid, sig) spawner_killed(pid, sig)
#define waitpid(pid, st, fl) spawner_waited(st)
#define read(fd, buf, len) (-1)
#include "broker/spawner.c"
#undef fatal
#undef fatalx
#undef _exit
#undef poll
#undef fork
#undef kill
#undef read
#include "broker/launch.h"
#include "broker/policy.c"

#include "tests/fuzz/polenv.h"

#define CHILD_MAX (WORKER_MAX + 1)

/* What comes next; the record's first byte. */
enum deed {
	DEED_SEND, /* raw */
	DEED_SPAWN,
	DEED_SKILL,
	DEED_END,     /* of a child, with a status */
	DEED_NO_FORK, /* the next one fails */
	DEED_CNT,
};

static struct {
	pid_t pid; /* 0: none */
	uint32_t worker_id;
	int ended;
	int status;
} children[CHILD_MAX];
static unsigned int child_cnt, exit_cnt, ask_cnt, answer_cnt;
static int fork_err;
static struct policy policy;
static struct chan broker;
static struct chan_msg msg;
static struct fuzz *input;
static struct raw raw;

/* ---- the set-up, which does not happen ---- */

const struct sandbox_table sandbox_tab_spawner, sandbox_fsworker,
    sandbox_fsworker_start;

int
root_proc(void)
{
	abort();
}

void
root_empty(void)
{
	abort();
}

void
userns_enter(int *fd)
{
	(void)fd;
	abort();
}

void
userns_become_root(int *fd, int stuck)
{
	(void)fd;
	(void)stuck;
	abort();
}

void
fdmap(const int *src, unsigned int cnt, unsigned int keep_cnt)
{
	(void)src;
	(void)cnt;
	(void)keep_cnt;
	abort();
}

void
spawn_child(const struct q_spawn *q, uint64_t caps, int chanfd,
    const struct policy *p)
{
	(void)q;
	(void)caps;
	(void)chanfd;
	(void)p;
	abort();
}

pid_t
launch_fork(uint64_t namespaces, int *pidfd)
{
	(void)namespaces;
	(void)pidfd;
	abort();
}

void
bare_self(const struct idspace space[2], struct cred *c)
{
	(void)space;
	(void)c;
	abort();
}

void
launch_leave(int terminal)
{
	(void)terminal;
	abort();
}

void
title_set(const char *title, const char *comm)
{
	(void)title;
	(void)comm;
	abort();
}

/* ---- processes ---- */

static void
spawner_exit(int with)
{
	FUZZ_MUST(with == 0);
	over_now();
}

/* Only who may be, and nobody twice. */
static pid_t
spawner_forked(void)
{
	const struct q_spawn *q = spawner_msg.body;
	uint64_t caps;
	unsigned int i;

	FUZZ_MUST(spawner_msg.hdr.type == Q_SPAWN && spawner_msg.fds.cnt == 1);
	FUZZ_MUST(policy_check(&policy, &q->cred, &caps) == 0);
	FUZZ_MUST((caps & ~policy_spawner_caps(&policy, spawner.home)) == 0);
	FUZZ_MUST(policy_home(&policy, &q->cred) == spawner.home);
	if (fork_err != 0) {
		errno = fork_err;
		fork_err = 0;
		return -1;
	}
	for (i = 0; i < CHILD_MAX; i++)
		FUZZ_MUST(children[i].pid == 0 ||
		    children[i].worker_id != q->worker_id);
	for (i = 0; i < CHILD_MAX && children[i].pid != 0; i++)
		continue;
	FUZZ_MUST(i < CHILD_MAX && ++child_cnt <= WORKER_MAX);
	children[i].pid = (pid_t)i + 2;
	children[i].worker_id = q->worker_id;
	children[i].ended = 0;
	return children[i].pid;
}

/* A child that was not waited for, and that of the worker that is meant. */
static int
spawner_killed(pid_t pid, int sig)
{
	const struct n_skill *n = spawner_msg.body;

	FUZZ_MUST(spawner_msg.hdr.type == N_SKILL && sig == SIGKILL);
	FUZZ_MUST(pid >= 2 && pid < CHILD_MAX + 2);
	FUZZ_MUST(children[pid - 2].pid == pid &&
	    children[pid - 2].worker_id == n->worker_id);
	if (children[pid - 2].ended == 0) {
		children[pid - 2].ended = 1;
		children[pid - 2].status = SIGKILL;
	}
	return 0;
}

static pid_t
spawner_waited(int *status)
{
	unsigned int i;

	for (i = 0; i < CHILD_MAX; i++)
		if (children[i].pid != 0 && children[i].ended)
			break;
	if (i == CHILD_MAX)
		return 0;
	children[i].pid = 0;
	child_cnt--;
	exit_cnt++;
	*status = children[i].status;
	return (pid_t)i + 2;
}

static int
somebody_ended(void)
{
	unsigned int i;

	for (i = 0; i < CHILD_MAX; i++)
		if (children[i].pid != 0 && children[i].ended)
			return 1;
	return 0;
}

/* ---- the broker ---- */

static void
deed_send(struct fuzz *f)
{
	int fds[RAW_FDS_MAX], any = fake_fd(S_IFREG);
	unsigned int i;

	raw_read(f, &raw);
	ask_cnt += raw.hdr.type == Q_SPAWN;
	for (i = 0; i < raw.fd_cnt; i++)
		fds[i] = any;
	fake_send(broker.fd, raw.bytes, raw.len, fds, raw.fd_cnt);
	fake_close(any);
}

static void
deed_spawn(struct fuzz *f)
{
	struct q_spawn q;
	struct chan_out out = {.type = Q_SPAWN, .body = &q, .fd_cnt = 1};
	int fd = fake_fd(S_IFREG);

	memset(&q, 0, sizeof(q));
	out.id = q.worker_id = fuzz_u8(f);
	cred_set(&q.cred, (enum cred_class)(fuzz_u8(f) % 5), fuzz_u16(f),
	    fuzz_u16(f));
	q.cred.gid_cnt = fuzz_u8(f) % 3;
	q.cred.gids[0] = q.cred.gid_cnt > 0 ? 1005 : 0;
	q.cred.gids[1] = q.cred.gid_cnt > 1 ? fuzz_u32(f) : 0;
	out.fds = &fd;
	FUZZ_MUST(chan_send(&broker, &out) == 0);
	ask_cnt++;
	fake_close(fd);
}

static void
one_deed(struct fuzz *f)
{
	struct n_skill n = {.zero = 0};
	struct chan_out out = {.type = N_SKILL, .body = &n};
	unsigned int i;

	switch ((enum deed)(fuzz_u8(f) % DEED_CNT)) {
	case DEED_SEND:
		deed_send(f);
		break;
	case DEED_SPAWN:
		deed_spawn(f);
		break;
	case DEED_SKILL:
		n.worker_id = fuzz_u8(f);
		FUZZ_MUST(chan_send(&broker, &out) == 0);
		break;
	case DEED_END:
		i = fuzz_u16(f) % CHILD_MAX;
		children[i].ended = 1;
		children[i].status = (int)fuzz_u32(f);
		break;
	case DEED_NO_FORK:
	case DEED_CNT:
		fork_err = fuzz_u8(f) & 1 ? EAGAIN : ENOMEM;
		break;
	}
}

static void
take(void)
{
	while (chan_recv(&broker, &msg) == 0) {
		FUZZ_MUST(msg.hdr.type == A_SPAWN || msg.hdr.type == N_WEXIT);
		answer_cnt += msg.hdr.type == A_SPAWN;
		exit_cnt -= msg.hdr.type == N_WEXIT;
	}
	FUZZ_MUST(exit_cnt == 0 && answer_cnt <= ask_cnt);
}

/* Nothing to do for the spawner: the next deed, or the broker goes. */
static int
spawner_poll(struct pollfd *p, nfds_t cnt, int ms)
{
	FUZZ_MUST(cnt == 2 && ms == -1);
	take();
	while (input->left > 0 && fake_queued(p[0].fd) == 0 &&
	    !somebody_ended())
		one_deed(input);
	if (input->left == 0 && fake_queued(p[0].fd) == 0)
		fd_close(&broker.fd);
	p[0].revents = fake_queued(p[0].fd) > 0 || fake_hungup(p[0].fd) ?
	    POLLIN :
	    0;
	p[1].revents = somebody_ended() ? POLLIN : 0;
	return 1;
}

static void
begin(uint8_t how)
{
	int pair[2];

	fake_begin();
	memset(&spawner, 0, sizeof(spawner));
	memset(children, 0, sizeof(children));
	child_cnt = exit_cnt = ask_cnt = answer_cnt = 0;
	fork_err = 0;
	polenv_begin(&policy, how);
	spawner.policy = &policy;
	/* Nobody else here looks at that bit. */
	if (how & POLENV_HANDLES)
		spawner.home = polenv_kept(&policy);
	spawner.sigfd = fake_fd(S_IFREG);
	FUZZ_MUST(chan_pair(pair) == 0);
	chan_init(&spawner.broker, pair[0], MSG_SPAWNER, MSG_BROKER, 1);
	chan_init(&broker, pair[1], MSG_BROKER, MSG_SPAWNER, 1);
	chan_phase(&spawner.broker, MSG_PHASE_RUN);
	chan_phase(&broker, MSG_PHASE_RUN);
	fdbag_init(&spawner_msg.fds);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz f;

	f.at = data;
	f.left = size;
	input = &f;
	log_set_level(LOG_LEVEL_OFF);
	begin(fuzz_u8(&f));
	if (OVER_BEGIN())
		spawner_loop(&spawner);
	fdbag_close(&spawner_msg.fds);
	fd_close(&broker.fd);
	fd_close(&spawner.sigfd);
	chan_close(&spawner.broker);
	FUZZ_MUST(fake_held() == 0);
	fake_end();
	return 0;
}
