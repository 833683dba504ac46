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
 * Knows: lies about what is in a directory that is read ahead.
 * Never: an answer that a request waits for.
 */

#include "config.h"

#include <sys/inotify.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../frontend/tap.h"
#include "evil.h"

#define AHEAD_LOOKS	5000	/* names until the transport asks, at most */
#define AHEAD_ROUND	1200000	/* us */
#define AHEAD_SOON	100	/* ms */

/* The answer in the making: one record of "file", as it is. */
static struct {
	struct {
		struct msg_hdr hdr;
		struct a_ahead a;
		struct msg_dirent d;
		char name[8];
	} m;
	unsigned int len;
	int fds[MSG_FDS_MAX];
	unsigned int fd_cnt;
} ahead;

static void
ahead_surplus(void)
{
	while (ahead.fd_cnt < MSG_FDS_MAX)
		ahead.fds[ahead.fd_cnt++] = dup(ahead.fds[0]);
}

/* What becomes of the truth; may "file" then be known without a question? */
#define AHEAD_LIES \
	LIE("the truth", 1, ) \
	LIE("a record of length 0", 0, ahead.m.d.rec_len = 0) \
	LIE("a record that is not aligned", 0, ahead.m.d.rec_len += 4) \
	LIE("a record beyond the end", 0, ahead.m.d.rec_len = UINT16_MAX) \
	LIE("a name beyond its record", 0, ahead.m.d.name_len = UINT16_MAX) \
	LIE("a name of length 0", 0, ahead.m.d.name_len = 0) \
	LIE("a name with a slash", 0, ahead.m.name[1] = '/') \
	LIE("a seal beyond its record", 0, ahead.m.d.seal_len = UINT16_MAX) \
	LIE("2^32 - 1 names", 0, ahead.m.a.entry_cnt = UINT32_MAX) \
	LIE("attributes for a descriptor", 0, close(ahead.fds[--ahead.fd_cnt]); \
	    ahead.m.d.flags = MSG_DIRENT_SEALED) \
	LIE("no descriptor", 0, close(ahead.fds[--ahead.fd_cnt])) \
	LIE("127 descriptors too many", 0, ahead_surplus()) \
	LIE("another inode number", 0, ahead.m.d.attr.ino += 7777) \
	LIE("another device", 0, ahead.m.d.attr.dev_minor += 7) \
	LIE("a watch that is none", 0, ahead.m.a.wd = 0) \
	LIE("a watch below zero", 0, ahead.m.a.wd = INT32_MIN) \
	LIE("an error beside it", 0, ahead.m.a.err = ENOTSUP) \
	LIE("an error beyond all", 0, ahead.m.a.err = UINT32_MAX) \
	LIE("a body that is cut", 0, ahead.len -= sizeof(ahead.m) - 20) \
	LIE("a byte too few", 0, ahead.len--)

static const struct {
	const char *name;
	int known;
} lies[] = {
#define LIE(name, known, body) { name, known },
	AHEAD_LIES
#undef LIE
};

static void
ahead_lie(unsigned int i)
{
	unsigned int n = 0;

#define LIE(name, known, body) \
	if (i == n++) { \
		body; \
	}
	AHEAD_LIES
#undef LIE
}

static void
ahead_truth(const struct rworker *w)
{
	memset(&ahead, 0, sizeof(ahead));
	ahead.m.a.wd = inotify_add_watch(w->watchfd, box_host(&evil.b, "."),
	    MSG_WATCH_MASK);
	if (ahead.m.a.wd == -1)
		tap_bail("share: %s", strerror(errno));
	ahead.m.a.entry_cnt = ahead.m.a.end = 1;
	ahead.m.d.flags = MSG_DIRENT_NODE;
	ahead.m.d.type = DT_REG;
	ahead.m.d.name_len = 4;
	ahead.m.d.rec_len = sizeof(ahead.m.d) + sizeof(ahead.m.name);
	memcpy(ahead.m.name, "file", 4);
	ahead.fds[ahead.fd_cnt++] = rworker_attr(&evil, "file",
	    &ahead.m.d.attr);
	ahead.len = sizeof(ahead.m);
	ahead.m.hdr.type = A_AHEAD;
	ahead.m.hdr.id = w->msg.hdr.id;
}

static void
ahead_send(struct rworker *w)
{
	ahead.m.hdr.fd_cnt = (uint16_t)ahead.fd_cnt;
	ahead.m.hdr.len = ahead.len;
	rworker_raw(w, &ahead.m, ahead.len, ahead.fds, ahead.fd_cnt);
	while (ahead.fd_cnt > 0)
		close(ahead.fds[--ahead.fd_cnt]);
}

/*
 * Look at names that are not there until the directory is asked for, which is
 * when ticket is still to be answered.
 */
static bool
ahead_asked(struct rworker *w, uint32_t uid, struct fs_ticket *ticket)
{
	int i, type;

	for (i = 0; i < AHEAD_LOOKS; i++) {
		if (!evil_ask(uid, "none", ticket) ||
		    (i == 0 && rtrans_grant(&evil, w, uid) != 0))
			return false;
		if ((type = rworker_question(w)) == Q_AHEAD)
			return true;
		if (type != Q_LOOKUP)
			return false;
		rworker_error(w, ENOENT);
		if (evil_result(ticket) != -ENOENT)
			return false;
	}
	return false;
}

/* The worker has to say what is not known, or the next one if it is gone. */
static bool
ahead_ask_again(struct rworker *w, uint32_t uid)
{
	struct pollfd p = { w->chan.fd, POLLRDHUP, 0 };

	if (poll(&p, 1, AHEAD_SOON) == 1) {
		rworker_close(w);
		if (rtrans_grant(&evil, w, uid) != 0)
			return false;
	}
	if (rworker_question(w) != Q_LOOKUP)
		return false;
	rworker_error(w, ENOTDIR);
	return true;
}

static void
ahead_try(unsigned int i)
{
	uint32_t uid = rtrans_uid(&evil);
	struct fs_ticket ticket;
	struct rworker w;
	bool good;
	int rc;

	good = ahead_asked(&w, uid, &ticket);
	if (good) {
		ahead_truth(&w);
		ahead_lie(i);
		ahead_send(&w);
		good = ahead_ask_again(&w, uid) &&
		    evil_result(&ticket) == -ENOTDIR &&
		    evil_ask(uid, "file", &ticket);
		if (!lies[i].known)
			good = good && ahead_ask_again(&w, uid);
		rc = evil_result(&ticket);
		good = good && (lies[i].known ? rc >= 0 : rc == -ENOTDIR);
		if (!good)
			tap_diag("answer %s", tap_rcname(rc));
	}
	rworker_close(&w);
	/* Nobody else's names are read as long as these are in use. */
	usleep(AHEAD_ROUND);
	tap_ok(good && evil_healthy(), "a directory with %s", lies[i].name);
}

void
evil_aheads(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		ahead_try(i);
}
