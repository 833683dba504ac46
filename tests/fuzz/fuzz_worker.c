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
 * Knows: a transport that asks a worker for anything, with any descriptor, in
 * the order that the input lists; and what a worker may never do.
 * Never: a jail around it: what holds here, the code alone has held.
 */

#include "config.h"

#include <errno.h>

#define KEEP 60u /* nodes that the worker keeps */
#define FAKE_CALLS
#include "tests/fuzz/fake.h"

#include "common/chan.c"
#include "common/fdbag.c"
#include "common/mring.c"

#include "fsworker/serve.c"
#include "fsworker/w_ahead.c"
#undef fcntl

#include "common/proc.h"
#include "tests/fuzz/rawmsg.h"
#include "tests/fuzz/sharenv.h"

#define GIVEN_MAX 8u

/* What comes next; the record's first byte. */
enum deed {
	DEED_ASK, /* row, kept, give, descriptors, body, tail */
	DEED_RAW,		/* descriptors, raw */
	DEED_CNT,
};

/* Second byte of the input: MSG_POLICY_*, and these. */
#define WITH_RULES 0x100u /* ids and names are translated */
#define WITH_USER 0x200u  /* not root, as far as it knows */

static struct chan worker, transport;
static struct a_whello who;
static struct rules rules;
static struct chan_msg msg;
static int given[GIVEN_MAX]; /* by the worker's answers */
static unsigned int given_cnt;
static int changed; /* the share, perhaps */
static struct raw raw;

/* ---- what is asked ---- */

/* One of the files, or one that the worker gave. */
static int
some_fd(uint8_t which)
{
	if (which < SHARENV_CNT || given_cnt == 0)
		return sharenv_fd((enum sharenv_file)(which % SHARENV_CNT));
	return given[which % (given_cnt < GIVEN_MAX ? given_cnt : GIVEN_MAX)];
}

static void
send_it(size_t len, uint8_t which, uint8_t other, unsigned int fd_cnt)
{
	int fds[RAW_FDS_MAX];
	unsigned int i;

	for (i = 0; i < fd_cnt; i++)
		fds[i] = some_fd(i % 2 == 0 ? which : other);
	fake_send(transport.fd, raw.bytes, len, fds, fd_cnt);
}

/* An operation and a number, in a byte. */
static uint32_t
some_kept(uint8_t how)
{
	return (how & 0xc0u) << 8 | (how & 0x3fu);
}

/* The body in two pieces, zero around them; then the tail. */
static void
deed_ask(struct fuzz *f)
{
	const struct msg_row *row = &msg_rows[fuzz_u8(f) % msg_row_cnt];
	uint8_t *body = raw.bytes + sizeof(struct msg_hdr), which, other;
	struct msg_hdr hdr;
	size_t len, at, tail;

	memset(&hdr, 0, sizeof(hdr));
	hdr.type = row->type;
	hdr.kept[0] = (uint16_t)some_kept(fuzz_u8(f));
	hdr.kept[1] = (uint16_t)some_kept(fuzz_u8(f));
	hdr.give = some_kept(fuzz_u8(f));
	which = fuzz_u8(f);
	other = fuzz_u8(f);
	hdr.fd_cnt = (uint16_t)chan_travel(row, hdr.kept, hdr.give);
	if (hdr.fd_cnt > MSG_KEPT)
		hdr.fd_cnt = 0;
	memset(body, 0, row->body_len);
	len = fuzz_u8(f);
	fuzz_bytes(f, body, len < row->body_len ? len : row->body_len);
	at = fuzz_u16(f);
	len = fuzz_u8(f);
	if (at < row->body_len)
		fuzz_bytes(f, body + at,
		    len < row->body_len - at ? len : row->body_len - at);
	tail = fuzz_u16(f);
	if (tail > row->tail_max)
		tail = row->tail_max;
	len = tail < f->left ? tail : f->left;
	memset(body + row->body_len, 'x', tail);
	fuzz_bytes(f, body + row->body_len, len);
	hdr.len = (uint32_t)(sizeof(hdr) + row->body_len + tail);
	memcpy(raw.bytes, &hdr, sizeof(hdr));
	send_it(hdr.len, which, other, hdr.fd_cnt);
}

static void
deed_raw(struct fuzz *f)
{
	uint8_t which = fuzz_u8(f), other = fuzz_u8(f);

	raw_read(f, &raw);
	send_it(raw.len, which, other, raw.fd_cnt);
}

/* ---- what must be true of the answer ---- */

/* Of the share; open only if it is a file or a directory. */
static void
check_fd(int fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	FUZZ_MUST(flags != -1 && fstat(fd, &st) == 0);
	FUZZ_MUST(sharenv_mnt_of(fd) == sharenv_mnt());
	FUZZ_MUST((flags & O_PATH) != 0 || S_ISREG(st.st_mode) ||
	    S_ISDIR(st.st_mode));
	if (who.flags & MSG_SHARE_READONLY)
		FUZZ_MUST((flags & O_PATH) != 0 ||
		    (flags & O_ACCMODE) == O_RDONLY);
}

static void
take_answer(uint16_t type, uint32_t id)
{
	unsigned int i;
	int fd;

	FUZZ_MUST(chan_recv(&transport, &msg) == 0);
	FUZZ_MUST(msg.hdr.type == type + 1 && msg.hdr.id == id);
	FUZZ_MUST(msg.hdr.err < 4096);
	for (i = 0; i < msg.fds.cnt; i++) {
		check_fd(fdbag_get(&msg.fds, i));
		fd = fdbag_take(&msg.fds, i);
		if (given_cnt >= GIVEN_MAX)
			close(given[given_cnt % GIVEN_MAX]);
		given[given_cnt++ % GIVEN_MAX] = fd;
	}
	fdbag_close(&msg.fds);
}

/* All that is not known to leave the share as it is may change it. */
static int
changes(uint16_t type)
{
	switch (type) {
	case Q_LOOKUP:
	case Q_READLINK:
	case Q_OPENDIR:
	case Q_READDIRPLUS:
	case Q_GETXATTR:
	case Q_LISTXATTR:
	case Q_STATX:
	case Q_ACCESS:
	case Q_PARENT:
	case Q_SELF:
	case Q_AHEAD:
	case N_DROP:
	case N_WATCH:
		return 0;
	default:
		return 1;
	}
}

/* As serve() does it, one question at a time.  0 if the worker goes on. */
static int
serve_next(const struct serve_req *as)
{
	struct msg_hdr hdr;

	if (chan_recv(&worker, &serve_msg) != 0)
		return 1;
	hdr = serve_msg.hdr;
	changed |= changes(hdr.type);
	if (serve_any(&worker, as, &serve_msg) != 0)
		return 1;
	if (hdr.type == N_DROP || hdr.type == N_WATCH)
		return 0;
	take_answer(hdr.type, hdr.id);
	return 0;
}

/* ---- begin and end ---- */

static void
begin(struct fuzz *f)
{
	static const char names[] = ":map::user.guest.:";
	static const struct idmap_rule ids[] = {
	    {IDMAP_UID, IDMAP_GUEST, 1000, 2000, 10},
	    {IDMAP_GID, IDMAP_GUEST, 1000, 2000, 10},
	};
	uint8_t tail[sizeof(ids) + sizeof(names) - 1];
	uint32_t policy = fuzz_u16(f);
	size_t tail_len;

	memset(&who, 0, sizeof(who));
	who.flags = fuzz_u32(f) & MSG_SHARE_FLAGS;
	who.policy = policy & MSG_POLICY_ALL;
	who.mount_cnt = 1;
	who.mounts[0] = sharenv_mnt();
	who.walk_ns = who.policy & MSG_POLICY_STRICT ? 1000000000 : 0;
	if (policy & WITH_USER)
		cred_set(&who.cred, CRED_USER, 1000, 1000);
	else
		cred_set(&who.cred, CRED_ROOT, 0, 0);
	if (policy & WITH_RULES) {
		who.idmap_cnt = 2;
		who.xattrmap_len = sizeof(names) - 1;
		memcpy(tail, ids, sizeof(ids));
		memcpy(tail + sizeof(ids), names, sizeof(names) - 1);
	}
	tail_len = who.idmap_cnt * sizeof(ids[0]) + who.xattrmap_len;
	FUZZ_MUST(rules_parse(&rules, &who, tail, tail_len) == 0);
}

static void
begin_channel(void)
{
	int pair[2];

	fake_begin();
	FUZZ_MUST(chan_pair(pair) == 0);
	chan_init(&worker, pair[0], MSG_FSWORKER, MSG_TRANSPORT, 1);
	chan_init(&transport, pair[1], MSG_TRANSPORT, MSG_FSWORKER, 1);
	chan_phase(&worker, MSG_PHASE_RUN);
	chan_phase(&transport, MSG_PHASE_RUN);
	serve_keep.max = KEEP;
	given_cnt = 0;
	changed = 0;
}

static void
end(void)
{
	unsigned int i;

	fdbag_close(&serve_msg.fds);
	for (i = 0; i < KEEP; i++)
		if (serve_keep.fd[i] != 0)
			fd_close(&serve_keep.fd[i]);
	memset(serve_keep.fd, 0, KEEP * sizeof(serve_keep.fd[0]));
	fd_close(&w_ahead_fd);
	for (i = 0; i < given_cnt && i < GIVEN_MAX; i++)
		close(given[i]);
	chan_close(&worker);
	chan_close(&transport);
	FUZZ_MUST(fake_held() == 0);
	fake_end();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct serve_req as = {.who = &who, .rules = &rules};
	struct fuzz f = {data, size};
	static int ready, cwd;
	int fd_free;

	if (!ready) {
		log_set_level(LOG_LEVEL_OFF);
		sharenv_setup();
		cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		fdbag_init(&serve_msg.fds);
		ready = 1;
	}
	FUZZ_MUST(fchdir(PROC_FD_PROC) == 0);
	begin(&f);
	sharenv_begin();
	fd_free = fuzz_fd_free();
	begin_channel();
	do {
		if (fuzz_u8(&f) % 8 == DEED_RAW)
			deed_raw(&f);
		else
			deed_ask(&f);
	} while (serve_next(&as) == 0 && f.left > 0);
	end();
	FUZZ_MUST(fuzz_fd_free() == fd_free);
	sharenv_end(changed);
	FUZZ_MUST(fchdir(cwd) == 0);
	return 0;
}
