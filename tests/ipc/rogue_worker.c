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
 * Knows: what a worker that fell to a guest may try on the transport.
 * Never: a real worker.
 *
 * After each lie: the transport lives, the guest has an answer, others are
 * served, and no descriptor stayed behind.
 */

#include "config.h"

#include <sys/socket.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "evil.h"

#define ROOT		FUSE_ROOT_ID
#define EVIL_KEEP	16	/* numbers for what a worker keeps */
#define EVIL_ROUNDS	20	/* requests that kill their workers */

struct rtrans evil;

bool
evil_ask(uint32_t uid, const char *name, struct fs_ticket *ticket)
{
	struct fs_args a = { .opcode = FUSE_LOOKUP, .node = ROOT };

	a.data = name;
	a.data_len = strlen(name) + 1;
	a.out_len = sizeof(struct fuse_entry_out);
	fs_cred(&evil.b.fs, uid, uid);
	return fs_submit(&evil.b.fs, &a, ticket) >= 0;
}

int
evil_result(struct fs_ticket *ticket)
{
	struct fuse_entry_out e;
	int rc = fs_finish(&evil.b.fs, ticket, &e, sizeof(e));

	if (rc >= 0)
		fs_forget(&evil.b.fs, e.nodeid, 1);
	return rc;
}

/* Another user's request, served by an honest worker. */
static bool
evil_others(void)
{
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w;
	bool good;

	good = evil_ask(uid, "file", &ticket) &&
	    rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_LOOKUP;
	if (!good)
		return false;
	rworker_lookup(&evil, &w);
	good = evil_result(&ticket) >= 0;
	rworker_close(&w);
	return good;
}

bool
evil_healthy(void)
{
	struct fuse_attr_out attr;
	int rc;

	fs_cred(&evil.b.fs, 0, 0);
	if ((rc = fs_getattr(&evil.b.fs, ROOT, &attr)) < 0) {
		tap_diag("GETATTR: %s", tap_rcname(rc));
		return false;
	}
	if (!evil_others()) {
		tap_diag("another user is not served");
		return false;
	}
	return rtrans_at_rest(&evil);
}

/* ---- answers that are right in form and false ---- */

static int
false_attr(struct rworker *w, int kind)
{
	struct a_lookup a;
	int fd, pair[2], err = 0;

	fd = rworker_attr(&evil, "file", &a.attr);
	if (kind == 0)
		a.attr.ino += 1000000;
	else if (kind == 1)
		a.attr.dev_minor++;
	else if (pipe2(pair, O_CLOEXEC) == 0) {
		if (kind == 2)
			rworker_answer(w, &a, &pair[0], 1);
		else
			rworker_answer(w, &a, &w->chan.fd, 1);
		close(pair[0]);
		close(pair[1]);
		close(fd);
		return err;
	}
	rworker_answer(w, &a, &fd, 1);
	close(fd);
	return err;
}

static void
evil_false(void)
{
	static const char *const name[] = {
		"another inode number", "another device", "a pipe as the file",
		"its own channel as the file",
	};
	struct fs_ticket ticket;
	struct rworker w;
	uint32_t uid;
	bool good;
	int i;

	for (i = 0; i < 4; i++) {
		uid = rtrans_uid(&evil);
		good = evil_ask(uid, "file", &ticket) &&
		    rtrans_grant(&evil, &w, uid) == 0 &&
		    rworker_question(&w) == Q_LOOKUP &&
		    false_attr(&w, i) == 0 &&
		    evil_result(&ticket) == -EIO;
		rworker_close(&w);
		tap_ok(good && evil_healthy(), "a LOOKUP answered with %s",
		    name[i]);
	}
}

/* A LOOKUP answered with len bytes of a seal that says handle_len. */
static int
false_seal(size_t len, uint32_t handle_len)
{
	struct {
		struct msg_hdr hdr;
		struct a_lookup a;
		struct msg_seal seal;
	} m;
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w;
	int fd, rc = -1;

	if (evil_ask(uid, "file", &ticket) &&
	    rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_LOOKUP) {
		memset(&m, 0, sizeof(m));
		fd = rworker_attr(&evil, "file", &m.a.attr);
		m.hdr.type = A_LOOKUP;
		m.hdr.fd_cnt = 1;
		m.hdr.len = (uint32_t)(offsetof(typeof(m), seal) + len);
		m.hdr.id = w.msg.hdr.id;
		m.seal.len = handle_len;
		rworker_raw(&w, &m, m.hdr.len, &fd, 1);
		close(fd);
		rc = evil_result(&ticket);
	}
	rworker_close(&w);
	return rc;
}

/* Only one with the length that it says becomes a node. */
static void
evil_seals(void)
{
	static const struct {
		size_t len;
		uint32_t handle_len;
	} row[] = {
		{ 1, 1 }, { MSG_SEAL_LEN(0), 0 }, { MSG_SEAL_LEN(8), 7 },
		{ MSG_SEAL_LEN(8), 9 }, { MSG_SEAL_MAX, UINT32_MAX },
		{ MSG_SEAL_LEN(8), UINT32_MAX - 31 + 8 },
	};
	unsigned int i;
	bool good = false_seal(MSG_SEAL_LEN(8), 8) >= 0;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		good &= false_seal(row[i].len, row[i].handle_len) == -EIO;
	tap_ok(good && evil_healthy(), "seals that are none");
}

/* Attributes a guest would decide by: what it is told is the truth. */
static void
evil_owner(void)
{
	struct fuse_entry_out e;
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w;
	struct a_lookup a;
	bool good;
	int fd;

	good = evil_ask(uid, "file", &ticket) &&
	    rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_LOOKUP;
	fd = rworker_attr(&evil, "file", &a.attr);
	a.attr.mode = 0106777;
	a.attr.uid = uid;
	rworker_answer(&w, &a, &fd, 1);
	close(fd);
	good &= fs_finish(&evil.b.fs, &ticket, &e, sizeof(e)) >= 0;
	good &= e.attr.uid == 0 && (e.attr.mode & 07777) == 0644;
	fs_forget(&evil.b.fs, e.nodeid, 1);
	rworker_close(&w);
	tap_ok(good && evil_healthy(), "a false owner and mode");
}

static void
evil_errno(void)
{
	static const struct {
		int err, want;
	} row[] = {
		{ ENOENT, -ENOENT }, { 511, -511 }, { 512, -EIO },
		{ 524, -EIO }, { 4095, -EIO },
	};
	struct fs_ticket ticket;
	struct rworker w;
	uint32_t uid;
	unsigned int i;
	bool good = true;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uid = rtrans_uid(&evil);
		good &= evil_ask(uid, "file", &ticket) &&
		    rtrans_grant(&evil, &w, uid) == 0 &&
		    rworker_question(&w) == Q_LOOKUP;
		rworker_error(&w, row[i].err);
		good &= evil_result(&ticket) == row[i].want;
		rworker_close(&w);
	}
	tap_ok(good && evil_healthy(), "errnos that are none for a guest");
}

/* ---- out of turn, and dying ---- */

/* Two questions, the second answered first. */
static void
evil_order(void)
{
	uint32_t uid = rtrans_uid(&evil), first;
	struct fs_ticket a, b;
	struct rworker w, honest;
	bool good;

	good = evil_ask(uid, "file", &a) && rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_LOOKUP;
	first = w.msg.hdr.id;
	good = good && evil_ask(uid, "file", &b) &&
	    rworker_question(&w) == Q_LOOKUP && w.msg.hdr.id != first;
	rworker_lookup(&evil, &w);
	good = good && rtrans_grant(&evil, &honest, uid) == 0 &&
	    rworker_question(&honest) == Q_LOOKUP;
	if (good) {
		rworker_lookup(&evil, &honest);
		good = rworker_question(&honest) == Q_LOOKUP;
		rworker_lookup(&evil, &honest);
		good = good && evil_result(&a) >= 0 && evil_result(&b) >= 0;
		rworker_close(&honest);
	}
	rworker_close(&w);
	rtrans_drain(&evil);
	tap_ok(good && evil_healthy(), "answers out of order");
}

static void
evil_twice(void)
{
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w;
	bool good;

	good = evil_ask(uid, "file", &ticket) &&
	    rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_LOOKUP;
	rworker_lookup(&evil, &w);
	rworker_lookup(&evil, &w);
	good &= evil_result(&ticket) >= 0;
	good &= rworker_question(&w) == -1;	/* thrown out */
	rworker_close(&w);
	tap_ok(good && evil_healthy(), "an answer given twice");
}

/* It says nothing, while others are served; then it dies. */
static void
evil_silent(void)
{
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w, honest;
	bool good;
	int i;

	good = evil_ask(uid, "file", &ticket) &&
	    rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_LOOKUP;
	for (i = 0; i < 5; i++)
		good &= evil_others();
	rworker_close(&w);
	good = good && rtrans_grant(&evil, &honest, uid) == 0 &&
	    rworker_question(&honest) == Q_LOOKUP;
	if (good) {
		rworker_lookup(&evil, &honest);
		good = evil_result(&ticket) >= 0;
		rworker_close(&honest);
	}
	tap_ok(good && evil_healthy(), "silence, then death");
}

/* The same question kills two workers: it is not given to a third. */
static void
evil_poison(void)
{
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w;
	bool good;
	int i;

	good = evil_ask(uid, "file", &ticket);
	for (i = 0; i < 2; i++) {
		good = good && rtrans_grant(&evil, &w, uid) == 0 &&
		    rworker_question(&w) == Q_LOOKUP;
		rworker_close(&w);
	}
	good = good && evil_result(&ticket) == -EIO;
	good &= rtrans_drain(&evil) == 0;
	tap_ok(good && evil_healthy(), "a question that kills two workers");
}

/* What may have happened once is not done twice. */
static void
evil_not_again(void)
{
	struct fs_args a = { .opcode = FUSE_UNLINK, .node = ROOT };
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w;
	bool good;

	a.data = "file";
	a.data_len = 5;
	fs_cred(&evil.b.fs, uid, uid);
	good = fs_submit(&evil.b.fs, &a, &ticket) >= 0 &&
	    rtrans_grant(&evil, &w, uid) == 0 &&
	    rworker_question(&w) == Q_UNLINK;
	rworker_close(&w);
	good = good && fs_finish(&evil.b.fs, &ticket, NULL, 0) == -EIO;
	good &= rtrans_drain(&evil) == 0;
	tap_ok(good && evil_healthy(), "death inside an UNLINK");
}

/* Kill whatever worker is asked for, until there is an answer. */
static int
evil_until_pause(uint32_t uid)
{
	struct fs_ticket ticket;
	struct rworker w;
	int asked = 0;

	if (!evil_ask(uid, "file", &ticket))
		return -1;
	while (asked < EVIL_ROUNDS && rtrans_grant_soon(&evil, &w, uid) == 0) {
		if (asked++ % 2 == 0)	/* with it inside, or just before */
			rworker_question(&w);
		rworker_close(&w);
	}
	return evil_result(&ticket) == -EIO ? asked : -1;
}

/* One accident after the other: this user waits, nobody else does. */
static void
evil_pause(void)
{
	uint32_t uid = rtrans_uid(&evil);
	int i, asked, killed = 0;

	for (i = 0; i < EVIL_ROUNDS; i++) {
		if ((asked = evil_until_pause(uid)) == -1)
			break;
		killed += asked;
	}
	tap_ok(i == EVIL_ROUNDS && killed < EVIL_ROUNDS && evil_healthy(),
	    "a user whose workers always die: %d of them", killed);
}

int
main(int argc, char **argv)
{
	daemon_args(argc, argv);
#ifdef VIOFSD_INSTRUMENTED
	tap_skip("no sanitizer fits into a filter", "a worker that lies");
	return tap_done();
#endif
	if (getuid() != 0) {
		tap_skip("needs root", "a worker that lies");
		return tap_done();
	}
	rtrans_start(&evil);
	box_file(&evil.b, "file", "text", 4);
	tap_ok(evil_healthy(), "an honest worker");
	evil_forms();
	evil_lists();
	evil_false();
	evil_seals();
	evil_owner();
	evil_errno();
	evil_order();
	evil_twice();
	evil_silent();
	evil_poison();
	evil_not_again();
	evil_pause();
	rtrans_stop(&evil);
	rtrans_ahead = 1;
	rtrans_start(&evil);
	box_file(&evil.b, "file", "text", 4);
	evil_aheads();
	rtrans_stop(&evil);
	rtrans_ahead = 0;
	rtrans_keep_max = EVIL_KEEP;
	rtrans_start_as(&evil, MSG_SHARE_TRUST_GUEST | MSG_SHARE_HANDLES, 0);
	box_file(&evil.b, "file", "text", 4);
	evil_given();
	evil_creates();
	rtrans_stop(&evil);
	rtrans_keep_max = 0;
	/* Where the host's word counts each user's worker is asked for all. */
	rtrans_start_as(&evil, MSG_SHARE_XATTR, MSG_POLICY_HOST);
	box_file(&evil.b, "file", "text", 4);
	evil_every();
	rtrans_stop(&evil);
	return tap_done();
}
