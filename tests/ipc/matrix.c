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
 * Knows: every row of msg.def, and every wrong variant of each, against
 * chan_recv() over a socket pair and, where it fits, from a ring, with a count
 * of open descriptors.
 * Never: what a message means.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../common/chan.h"
#include "../frontend/tap.h"

#define MATRIX_PARTIES	(MSG_SPAWNER + 1)
#define MATRIX_PHASES	(MSG_PHASE_SHUT + 1)
#define MATRIX_FDS	200	/* more than any control buffer holds */

/* One datagram to send, right unless a case spoils it. */
struct matrix_out {
	struct msg_hdr hdr;
	size_t len;		/* bytes really sent */
	unsigned int fd_cnt;	/* descriptors really sent */
	enum msg_party self, peer;
	enum msg_phase phase;
};

static int matrix_sock[2], matrix_null;
static struct chan_msg matrix_msg;
static char matrix_bytes[sizeof(struct msg_hdr) + MSG_BODY_MAX +
    MSG_TAIL_MAX + 64];

static int
matrix_open_fds(void)
{
	struct dirent *d;
	DIR *dir;
	int n = 0;

	if ((dir = opendir("/proc/self/fd")) == NULL)
		tap_bail("/proc/self/fd: %s", strerror(errno));
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			n++;
	closedir(dir);
	return n;
}

static void
matrix_send(const struct matrix_out *o)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * MATRIX_FDS)];
	} ctl;
	struct iovec iov = { matrix_bytes, o->len };
	struct msghdr mh;
	struct cmsghdr *cm;
	int fds[MATRIX_FDS];
	unsigned int i;

	memcpy(matrix_bytes, &o->hdr, sizeof(o->hdr));
	memset(&mh, 0, sizeof(mh));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (o->fd_cnt > 0) {
		for (i = 0; i < o->fd_cnt; i++)
			fds[i] = matrix_null;
		memset(&ctl, 0, sizeof(ctl));
		mh.msg_control = ctl.bytes;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * o->fd_cnt);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int) * o->fd_cnt);
		memcpy(CMSG_DATA(cm), fds, sizeof(int) * o->fd_cnt);
	}
	if (sendmsg(matrix_sock[0], &mh, MSG_NOSIGNAL) == -1)
		tap_bail("sendmsg: %s", strerror(errno));
}

/* The same message in a ring's slot: is the result want there, too? */
static int
matrix_ring(const struct matrix_out *o, int want)
{
	int fds[MRING_FDS], other[MRING_FDS], err, i;
	struct mring peer;
	struct chan c;

	/* All others go by the socket. */
	if (o->fd_cnt != 0 || o->len == 0 || o->len > MRING_SLOT_LEN)
		return 1;
	if (mring_make(fds) != 0)
		tap_bail("ring");
	for (i = 0; i < MRING_FDS; i++)
		other[i] = dup(fds[i]);
	chan_init(&c, matrix_sock[1], o->self, o->peer, 1);
	chan_phase(&c, o->phase);
	if (chan_ring(&c, fds, MRING_WORKER, 0) != 0 ||
	    mring_map(&peer, other, MRING_TRANSPORT) != 0)
		tap_bail("ring");
	memcpy(mring_begin(&peer), matrix_bytes, o->len);
	mring_put(&peer, o->len);
	err = chan_recv(&c, &matrix_msg);
	mring_unmap(&peer);
	mring_unmap(&c.ring);
	return err == want;
}

/* Send o and receive it: is the result want, and nothing leaked? */
static int
matrix_try(const struct matrix_out *o, int want)
{
	struct chan c;
	int before, after, err;

	before = matrix_open_fds();
	chan_init(&c, matrix_sock[1], o->self, o->peer, 1);
	chan_phase(&c, o->phase);
	matrix_send(o);
	err = chan_recv(&c, &matrix_msg);
	if (err == 0 && matrix_msg.fds.cnt != o->fd_cnt)
		return 0;
	if (err == 0)
		fdbag_close(&matrix_msg.fds);
	if (!matrix_ring(o, want)) {
		tap_diag("another result in a ring");
		return 0;
	}
	after = matrix_open_fds();
	if (err != want)
		tap_diag("got %s (%s), want %s", strerror(err), c.why,
		    strerror(want));
	if (after != before)
		tap_diag("%d descriptors before, %d after", before, after);
	return err == want && before == after;
}

static void
matrix_right(const struct msg_row *row, struct matrix_out *o)
{
	memset(o, 0, sizeof(*o));
	o->fd_cnt = row->fds & 0x7fffu;
	o->len = sizeof(o->hdr) + row->body_len;
	o->hdr.type = row->type;
	o->hdr.fd_cnt = (uint16_t)o->fd_cnt;
	o->hdr.len = (uint32_t)o->len;
	o->hdr.id = 7;
	o->self = row->to;
	o->peer = row->from;
	o->phase = row->phase;
}

static void
matrix_len(struct matrix_out *o, size_t len)
{
	o->len = len;
	o->hdr.len = (uint32_t)len;
}

static void
matrix_sizes(const struct msg_row *row)
{
	size_t fixed = sizeof(struct msg_hdr) + row->body_len;
	struct matrix_out o;
	size_t len;
	int good = 1;

	matrix_right(row, &o);
	tap_ok(matrix_try(&o, 0), "%s: right", row->name);
	matrix_len(&o, fixed + row->tail_max);
	tap_ok(matrix_try(&o, 0), "%s: longest tail", row->name);
	matrix_len(&o, fixed + row->tail_max + 1);
	tap_ok(matrix_try(&o, EPROTO), "%s: one byte too long", row->name);
	matrix_len(&o, fixed - 1);
	tap_ok(matrix_try(&o, EPROTO), "%s: one byte short", row->name);
	matrix_len(&o, sizeof(o.hdr));
	tap_ok(matrix_try(&o, EPROTO), "%s: header alone", row->name);
	for (len = 1; len < sizeof(o.hdr); len++) {
		matrix_len(&o, len);
		good &= matrix_try(&o, EPROTO);
	}
	tap_ok(good, "%s: cut inside the header", row->name);
	matrix_right(row, &o);
	o.hdr.len++;
	tap_ok(matrix_try(&o, EPROTO), "%s: length claims more", row->name);
	o.hdr.len -= 2;
	tap_ok(matrix_try(&o, EPROTO), "%s: length claims less", row->name);
	o.hdr.len = UINT32_MAX;
	tap_ok(matrix_try(&o, EPROTO), "%s: length claims all", row->name);
}

/* fd_cnt descriptors sent, as many claimed unless claim says otherwise. */
static int
matrix_fd_try(const struct msg_row *row, unsigned int sent,
    unsigned int claim, int want)
{
	struct matrix_out o;

	matrix_right(row, &o);
	o.fd_cnt = sent;
	o.hdr.fd_cnt = (uint16_t)claim;
	return matrix_try(&o, want);
}

static void
matrix_fds(const struct msg_row *row)
{
	unsigned int want = row->fds & 0x7fffu, n;
	int fewer = (row->fds & 0x8000u) ? 0 : EPROTO, good = 1;

	for (n = 0; n < want; n++)
		good &= matrix_fd_try(row, n, n, fewer);
	if (want > 0)
		tap_ok(good, "%s: fewer descriptors", row->name);
	tap_ok(matrix_fd_try(row, want + 1, want + 1, EPROTO),
	    "%s: one descriptor too many", row->name);
	tap_ok(matrix_fd_try(row, want + 1, want, EPROTO),
	    "%s: one descriptor more than claimed", row->name);
	tap_ok(matrix_fd_try(row, want, want + 1, EPROTO),
	    "%s: one descriptor less than claimed", row->name);
	tap_ok(matrix_fd_try(row, MATRIX_FDS, MATRIX_FDS, EPROTO),
	    "%s: more descriptors than fit", row->name);
	tap_ok(matrix_fd_try(row, MATRIX_FDS, want, EPROTO),
	    "%s: more descriptors than fit, not claimed", row->name);
}

/* One that is said to be kept, in every way, at its place or another. */
static void
matrix_kept_at(const struct msg_row *row, unsigned int i)
{
	static const unsigned int numbers[] = {
		0, 1, MSG_KEEP_MAX - 1, MSG_KEEP_MAX, MSG_KEEP_NR(UINT16_MAX),
	};
	int ours = row->to == MSG_FSWORKER && row->from == MSG_TRANSPORT &&
	    !row->answer;
	int has = i < (row->fds & 0x7fffu), use, may;
	unsigned int op, n, wrong = 0, kept = 0;
	struct matrix_out o;

	for (op = 0; op < 4; op++)
		for (n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
			matrix_right(row, &o);
			o.hdr.kept[i] = (uint16_t)(op << 14 | numbers[n]);
			use = op << 14 == MSG_KEEP_USE;
			may = ours && numbers[n] < MSG_KEEP_MAX && has &&
			    (use || op << 14 == MSG_KEEP_PUT);
			may |= o.hdr.kept[i] == 0;
			if (use && has)
				o.hdr.fd_cnt = (uint16_t)--o.fd_cnt;
			wrong += !matrix_try(&o, may ? 0 : EPROTO);
			o.hdr.fd_cnt = (uint16_t)++o.fd_cnt;
			kept += !matrix_try(&o, EPROTO);
		}
	tap_ok(wrong == 0, "%s: descriptor %u kept, used", row->name, i);
	tap_ok(kept == 0, "%s: the same, with one more sent", row->name);
}

static void
matrix_kept(const struct msg_row *row)
{
	struct matrix_out o;

	matrix_kept_at(row, 0);
	matrix_kept_at(row, 1);
	if (row->fds != 2 || row->to != MSG_FSWORKER || row->answer)
		return;
	matrix_right(row, &o);
	o.hdr.kept[0] = MSG_KEEP_PUT | 3;
	o.hdr.kept[1] = MSG_KEEP_PUT | 3;
	tap_ok(matrix_try(&o, EPROTO), "%s: one number for two", row->name);
	o.hdr.kept[1] = MSG_KEEP_PUT | 4;
	tap_ok(matrix_try(&o, 0), "%s: two numbers", row->name);
	o.hdr.kept[1] = MSG_KEEP_USE | 3;
	o.hdr.fd_cnt = 1;
	o.fd_cnt = 1;
	tap_ok(matrix_try(&o, 0), "%s: the same one twice", row->name);
	o.hdr.kept[0] = MSG_KEEP_USE | 3;
	tap_ok(matrix_try(&o, EPROTO), "%s: none to be sent", row->name);
	o.hdr.fd_cnt = 0;
	o.fd_cnt = 0;
	tap_ok(matrix_try(&o, 0), "%s: none sent", row->name);
}

/* A node that is given and kept, instead of being sent or as well. */
static void
matrix_give(const struct msg_row *row)
{
	static const uint32_t numbers[] = {
		0, 1, MSG_KEEP_MAX - 1, MSG_KEEP_MAX, MSG_KEEP_NR(UINT32_MAX),
	};
	struct matrix_out o;
	unsigned int op, n, wrong = 0;
	int may;

	for (op = 0; op < 8; op++)
		for (n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
			matrix_right(row, &o);
			o.hdr.give = op << 14 | numbers[n];
			may = row->gives && numbers[n] < MSG_KEEP_MAX &&
			    (op << 14 == MSG_KEEP_PUT ||
			    op << 14 == MSG_KEEP_USE);
			may |= o.hdr.give == 0;
			if (row->answer && op << 14 == MSG_KEEP_USE &&
			    o.fd_cnt > 0)
				o.hdr.fd_cnt = (uint16_t)--o.fd_cnt;
			wrong += !matrix_try(&o, may ? 0 : EPROTO);
		}
	tap_ok(wrong == 0, "%s: a node that is given and kept", row->name);
	if (!row->gives)
		return;
	matrix_right(row, &o);
	o.hdr.give = MSG_KEEP_USE | 5;
	tap_ok(matrix_try(&o, row->answer ? EPROTO : 0),
	    "%s: kept instead of being sent, and all descriptors", row->name);
	if (row->answer)
		return;
	o.hdr.kept[0] = MSG_KEEP_PUT | 5;
	tap_ok(matrix_try(&o, EPROTO), "%s: one number for both", row->name);
}

static void
matrix_errors(const struct msg_row *row)
{
	struct matrix_out o;

	matrix_right(row, &o);
	o.hdr.err = EIO;
	tap_ok(matrix_try(&o, EPROTO), "%s: an error with a body", row->name);
	matrix_len(&o, sizeof(o.hdr));
	o.fd_cnt = 0;
	o.hdr.fd_cnt = 0;
	tap_ok(matrix_try(&o, row->answer ? 0 : EPROTO),
	    "%s: an error alone is %s", row->name,
	    row->answer ? "an answer" : "refused");
	o.fd_cnt = 1;
	o.hdr.fd_cnt = 1;
	tap_ok(matrix_try(&o, EPROTO), "%s: an error with a descriptor",
	    row->name);
	o.fd_cnt = 0;
	o.hdr.fd_cnt = 0;
	o.hdr.give = MSG_KEEP_PUT;
	tap_ok(matrix_try(&o, EPROTO), "%s: an error with a node", row->name);
}

static void
matrix_ways(const struct msg_row *row)
{
	struct matrix_out o;
	int self, peer, phase, good = 1;

	matrix_right(row, &o);
	for (self = 0; self < MATRIX_PARTIES; self++)
		for (peer = 0; peer < MATRIX_PARTIES; peer++) {
			if (self == peer ||
			    (self == row->to && peer == row->from))
				continue;
			o.self = (enum msg_party)self;
			o.peer = (enum msg_party)peer;
			good &= matrix_try(&o, EPROTO);
		}
	tap_ok(good, "%s: every wrong direction", row->name);
	good = 1;
	matrix_right(row, &o);
	for (phase = 0; phase < MATRIX_PHASES; phase++) {
		if (phase == row->phase)
			continue;
		o.phase = (enum msg_phase)phase;
		good &= matrix_try(&o, row->answer ? 0 : EPROTO);
	}
	tap_ok(good, "%s: %s", row->name, row->answer ?
	    "an answer in every phase" : "every wrong phase");
}

/* Every type that is in no row, to every party from every other. */
static void
matrix_unknown(enum msg_party self, enum msg_party peer)
{
	struct matrix_out o;
	unsigned int type;
	int good = 1;

	memset(&o, 0, sizeof(o));
	matrix_len(&o, sizeof(o.hdr) + MSG_NAME_MAX);
	o.self = self;
	o.peer = peer;
	o.phase = MSG_PHASE_RUN;
	for (type = 0; type <= UINT16_MAX; type = type < 128 ? type + 1 :
	    type * 2 + 1) {
		o.hdr.type = (uint16_t)type;
		o.fd_cnt = type % 3;
		o.hdr.fd_cnt = (uint16_t)o.fd_cnt;
		if (msg_row((uint16_t)type) == NULL)
			good &= matrix_try(&o, EPROTO);
	}
	tap_ok(good, "unknown messages from %d to %d", peer, self);
}

int
main(void)
{
	unsigned int i;
	int self, peer;

	matrix_null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (matrix_null == -1 || chan_pair(matrix_sock) != 0)
		tap_bail("socketpair: %s", strerror(errno));
	for (i = 0; i < msg_row_cnt; i++) {
		matrix_sizes(&msg_rows[i]);
		matrix_fds(&msg_rows[i]);
		matrix_kept(&msg_rows[i]);
		matrix_give(&msg_rows[i]);
		matrix_errors(&msg_rows[i]);
		matrix_ways(&msg_rows[i]);
	}
	for (self = 0; self < MATRIX_PARTIES; self++)
		for (peer = 0; peer < MATRIX_PARTIES; peer++)
			if (self != peer)
				matrix_unknown((enum msg_party)self,
				    (enum msg_party)peer);
	return tap_done();
}
