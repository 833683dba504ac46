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
 * Knows: messages that no transport and no broker may send, and too many of
 * those that it may.
 * Never: what a good question does.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/idmap.h"
#include "../../common/sandbox.h"
#include "../frontend/proc.h"
#include "../frontend/tap.h"
#include "rogue.h"

#define FLOOD_FILES	130	/* more than one answer may carry */
#define FLOOD_ASKS	MRING_SLOTS /* times 128 descriptors, with 512 */
#define RANDOM_ASKS	20000

struct rogue_bytes {
	struct msg_hdr hdr;
	char body[MSG_BODY_MAX + MSG_TAIL_MAX + 64];
};

static struct rogue_bytes rogue_buf;

/* A fresh worker gets these bytes; it must exit 1 and close its channel. */
static void
rogue_fatal(struct rogue *r, size_t len, unsigned int fd_cnt,
    const char *what, const char *of)
{
	int fds[200], status, err, i;

	for (i = 0; i < 200; i++)
		fds[i] = r->dirfd;
	rogue_worker(r);
	err = worker_raw(&r->w, &rogue_buf, len, fds, fd_cnt);
	status = err == 0 ? worker_wait(&r->w) : -1;
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 1,
	    "%s%s ends the worker", of, what);
	worker_stop(&r->w);
}

static void
rogue_header(uint16_t type, size_t len, unsigned int fd_cnt)
{
	memset(&rogue_buf.hdr, 0, sizeof(rogue_buf.hdr));
	rogue_buf.hdr.type = type;
	rogue_buf.hdr.len = (uint32_t)len;
	rogue_buf.hdr.fd_cnt = (uint16_t)fd_cnt;
}

/* All that is not a question from a transport to a worker. */
static void
rogue_wrong_rows(struct rogue *r)
{
	const struct msg_row *row;
	unsigned int i, cnt;
	size_t len;

	for (i = 0; i < msg_row_cnt; i++) {
		row = &msg_rows[i];
		if (row->from == MSG_TRANSPORT && row->to == MSG_FSWORKER)
			continue;
		len = sizeof(struct msg_hdr) + row->body_len;
		cnt = row->fds & 0x7fffu;
		rogue_header(row->type, len, cnt);
		rogue_fatal(r, len, cnt, " from the transport", row->name);
	}
}

void
rogue_messages(struct rogue *r)
{
	const size_t len = sizeof(struct msg_hdr) + sizeof(struct q_lookup);

	rogue_wrong_rows(r);
	rogue_header(0, len, 1);
	rogue_fatal(r, len, 1, "0", "type ");
	rogue_header(UINT16_MAX, len, 1);
	rogue_fatal(r, len, 1, "65535", "type ");
	rogue_header(Q_LOOKUP, len, 1);
	rogue_fatal(r, len - 1, 1, "a question cut short", "");
	rogue_fatal(r, len + 1, 1, "a question with one byte more", "");
	rogue_fatal(r, sizeof(struct msg_hdr), 1, "a header alone", "");
	rogue_fatal(r, 3, 1, "a piece of a header", "");
	rogue_fatal(r, sizeof(rogue_buf), 1, "a datagram too long", "");
	rogue_fatal(r, len, 0, "a missing descriptor", "");
	rogue_fatal(r, len, 2, "a second descriptor", "");
	rogue_fatal(r, len, 200, "two hundred descriptors", "");
	rogue_fatal(r, 0, 3, "an empty datagram with descriptors", "");
	rogue_buf.hdr.fd_cnt = 0;
	rogue_fatal(r, len, 1, "a descriptor that is not announced", "");
	rogue_header(Q_LOOKUP, len, 1);
	rogue_buf.hdr.err = EIO;
	rogue_fatal(r, len, 1, "a question that has an error", "");
}

/* The worker must not get as far as WREADY with this answer to hello. */
static void
rogue_refused(struct rogue *r, const struct a_whello *told, const char *what)
{
	int ready, status;

	ready = worker_start(&r->w, &r->tree, &r->who, told);
	status = ready == -1 ? worker_wait(&r->w) : -1;
	tap_ok(ready == -1 && WIFEXITED(status) && WEXITSTATUS(status) == 1,
	    "hello with %s is refused", what);
	worker_stop(&r->w);
}

static void
rogue_hello_values(struct rogue *r)
{
	struct a_whello told;

#define REFUSED(change, what) do { \
	told = r->who; \
	change; \
	rogue_refused(r, &told, what); \
} while (0)
	REFUSED(told.cred.uid++, "another user");
	REFUSED(told.cred.gid++, "another group");
	REFUSED(cred_add_group(&told.cred, 7), "a group that is not there");
	REFUSED(told.caps = 2, "a capability that is not there");
	REFUSED(told.cred.class = CRED_CLASS_CNT, "an unknown class");
	REFUSED(told.cred.class = CRED_ROOT, "the class root for a user");
	REFUSED(told.flags = MSG_SHARE_FLAGS + 1, "an unknown flag");
	REFUSED(told.policy = MSG_POLICY_ALL + 1, "an unknown policy");
	REFUSED(told.seccomp = SANDBOX_TRAP + 1, "an unknown filter action");
	REFUSED(told.log_level = 8, "an unknown log level");
	REFUSED(told.mount_cnt = 0, "no mount");
	REFUSED(told.mount_cnt = MSG_MOUNTS_MAX + 1, "too many mounts");
	REFUSED(told.mounts[0]++, "a root on another mount");
	REFUSED(told.mounts[1] = 1, "mounts beyond their number");
	REFUSED(told.unique_ids = 2, "an unknown kind of mount id");
	REFUSED(told.idmap_cnt = 1, "an id rule that is not there");
	REFUSED(told.idmap_cnt = IDMAP_RULE_MAX + 1, "too many id rules");
	REFUSED(told.idmap_cnt = UINT32_MAX, "all id rules there could be");
	REFUSED(told.xattrmap_len = 1, "an attribute map that is not there");
#undef REFUSED
}

void
rogue_hello(struct rogue *r)
{
	int status;

	rogue_hello_values(r);
	rogue_worker(r);
	tap_is(r->w.ready.euid, ROGUE_UID, "the worker sees its user");
	tap_is((long long)(r->w.ready.cap_eff | r->w.ready.cap_prm |
	    r->w.ready.cap_inh | r->w.ready.cap_bnd | r->w.ready.cap_amb), 0,
	    "the worker sees no capability");
	tap_is(r->w.ready.no_new_privs, 1, "the worker sees no_new_privs");
	tap_is(r->w.ready.dumpable, 0, "the worker is not dumpable");
	fd_close(&r->w.broker);
	status = worker_wait(&r->w);
	tap_ok(status != -1, "the broker's end is the worker's end");
	worker_stop(&r->w);
	rogue_worker(r);
	if (write(r->w.broker, "", 1) == -1)
		tap_bail("broker channel: %s", strerror(errno));
	status = worker_wait(&r->w);
	tap_ok(status != -1 && status != 0,
	    "a word from the broker is the worker's end");
	worker_stop(&r->w);
	rogue_worker(r);
	chan_close(&r->w.chan);
	status = worker_wait(&r->w);
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the transport's end is the worker's exit 0");
	worker_stop(&r->w);
}

/* Send without fetching, then fetch: every answer is there, in order. */
static void
rogue_flood_list(struct rogue *r, int dirfd)
{
	struct q_readdirplus q = { 0, MSG_TAIL_MAX, MSG_DIRPLUS_MAX, 0, 0 };
	struct chan_out out;
	unsigned int i, good = 0;

	memset(&out, 0, sizeof(out));
	out.type = Q_READDIRPLUS;
	out.body = &q;
	out.fds = &dirfd;
	out.fd_cnt = 1;
	for (i = 0; i < FLOOD_ASKS; i++) {
		out.id = i;
		if (chan_send(&r->w.chan, &out) != 0)
			tap_bail("flood: %s", strerror(errno));
	}
	usleep(200000);
	for (i = 0; i < FLOOD_ASKS; i++) {
		fdbag_close(&r->w.msg.fds);
		if (chan_recv(&r->w.chan, &r->w.msg) != 0)
			break;
		if (r->w.msg.hdr.err == 0 && r->w.msg.hdr.id == i &&
		    r->w.msg.fds.cnt >= MSG_DIRPLUS_MAX - 2)
			good++;
	}
	tap_is(good, FLOOD_ASKS, "answers of a flood with descriptors");
}

void
rogue_flood(struct rogue *r)
{
	char name[16];
	int dirfd, fd, i;

	if (mkdirat(r->tree.sharefd, "many", 0755) == -1 || (dirfd =
	    openat(r->tree.sharefd, "many", O_RDONLY | O_DIRECTORY)) == -1)
		tap_bail("many: %s", strerror(errno));
	for (i = 0; i < FLOOD_FILES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		close(fd);
	}
	rogue_flood_list(r, dirfd);
	close(dirfd);
	rogue_healthy(r, "a flood");
}

static uint32_t
rogue_rand(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* A right-sized question with random contents; few bytes, few files. */
static void
rogue_random_ask(struct rogue *r, struct rogue_ask *a)
{
	static const char alphabet[] = "ab./\0\n";
	const struct msg_row *row;
	size_t i;

	do
		row = &msg_rows[rogue_rand() % msg_row_cnt];
	while (row->from != MSG_TRANSPORT || row->to != MSG_FSWORKER ||
	    row->type == N_DROP || row->type == N_WATCH);
	rogue_question(r, row->type, a);
	for (i = rogue_rand() % 4; i > 0; i--)
		a->body.bytes[rogue_rand() % row->body_len] =
		    alphabet[rogue_rand() % (sizeof(alphabet) - 1)];
	if (rogue_rand() % 2 == 0)
		a->body.bytes[rogue_rand() % row->body_len] =
		    (char)rogue_rand();
	/* Nothing here shall fill the host's disk. */
	if (row->type == Q_FALLOCATE)
		a->body.fallocate.len &= 0xffff;
	for (i = 0; i < 2; i++)
		switch (rogue_rand() % 8) {
		case 0:
			a->fds[i] = r->out.dirfd;
			break;
		case 1:
			a->fds[i] = r->out.filefd;
			break;
		case 2:
			a->fds[i] = r->filefd;
			break;
		case 3:
			a->fds[i] = r->tree.plainfd;
			break;
		default:
			a->fds[i] = r->dirfd;
			break;
		}
}

void
rogue_random(struct rogue *r)
{
	struct rogue_ask a;
	unsigned int i, gone = 0, done = 0;
	int err;

	rogue_worker(r);
	for (i = 0; i < RANDOM_ASKS && gone == 0; i++) {
		rogue_random_ask(r, &a);
		if ((err = rogue_send(r, &a)) == -1)
			gone++;
		if (err == 0)
			done++;
	}
	tap_is(gone, 0, "%d random questions are all answered", RANDOM_ASKS);
	tap_ok(done > RANDOM_ASKS / 100, "some of them with success");
	if (gone == 0)
		rogue_healthy(r, "random questions");
	worker_stop(&r->w);
}
