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
 * Knows: requests, answers of workers, and what I/O threads get done, in any
 * order that the input lists.
 * Never: how a request is served.
 */

#include "config.h"

#include <sys/inotify.h>

#include "fsenv.h"

/* What comes next; the record's first byte. */
enum deed {
	DEED_REQUEST,
	DEED_ANSWER,
	DEED_RUN,
	DEED_PLAN,
	DEED_EVENT,
	DEED_CNT,
};

/* Second byte of a request. */
#define HOW_LEN		0x01		/* the header says its length */
#define HOW_LONG	0x02		/* 64 KiB of zeros behind it */
#define HOW_ROOMY	0x04		/* 1 MiB more room */
#define HOW_WRITE	0x08		/* fuse_write_in.size is right */

#define LONG_LEN	65536u
#define ROOMY_LEN	(1024u * 1024)

static uint8_t buf[2 * LONG_LEN];

static void
deed_request(struct fuzz *f)
{
	uint8_t how = fuzz_u8(f), cut = fuzz_u8(f);
	size_t room = fuzz_u16(f), len = fuzz_u16(f), fixed;
	uint32_t val;

	if (len > f->left)
		len = f->left;
	fuzz_bytes(f, buf, len);
	if (how & HOW_LONG) {
		memset(buf + len, 0, LONG_LEN);
		len += LONG_LEN;
	}
	if (how & HOW_ROOMY)
		room += ROOMY_LEN;
	val = (uint32_t)len;
	if ((how & HOW_LEN) != 0 && len >= sizeof(val))
		memcpy(buf, &val, sizeof(val));
	fixed = sizeof(struct fuse_in_header) + sizeof(struct fuse_write_in);
	if ((how & HOW_WRITE) != 0 && len >= fixed) {
		val = (uint32_t)(len - fixed);
		memcpy(buf + sizeof(struct fuse_in_header) +
		    offsetof(struct fuse_write_in, size), &val, sizeof(val));
	}
	env_request(buf, len, room, cut);
}

/* Which, errno or 0, honest, files, body, tail. */
static void
deed_answer(struct fuzz *f)
{
	uint8_t which = fuzz_u8(f), err = fuzz_u8(f), files = fuzz_u8(f);
	static uint8_t body[MSG_BODY_MAX];
	struct env_answer a;
	unsigned int i;

	memset(&a, 0, sizeof(a));
	a.err = err;
	a.honest = (files & 0x80) != 0;
	a.file[0] = (enum env_file)(files & 7);
	a.file[1] = (enum env_file)(files >> 3 & 7);
	a.fd_cnt = files & 0x3f;
	a.body = body;
	a.body_len = fuzz_u8(f);
	fuzz_bytes(f, body, a.body_len);
	a.tail_len = fuzz_u16(f);
	if (a.tail_len > f->left)
		a.tail_len = f->left;
	fuzz_bytes(f, buf, a.tail_len);
	a.tail = buf;
	for (i = 0; i < env_waiting(); i++)
		if (env_is_question((which + i) % env_waiting())) {
			env_answer((which + i) % env_waiting(), &a);
			return;
		}
}

static void
deed_run(struct fuzz *f)
{
	uint8_t which = fuzz_u8(f);
	unsigned int i;

	for (i = 0; i < env_waiting(); i++)
		if (!env_is_question((which + i) % env_waiting())) {
			env_run((which + i) % env_waiting());
			return;
		}
	env_turn();
}

static void
deed_plan(struct fuzz *f)
{
	uint8_t plan[ENV_PLAN_MAX], cnt = fuzz_u8(f) % (ENV_PLAN_MAX + 1);

	fuzz_bytes(f, plan, cnt);
	env_plan(plan, cnt);
}

/* Which directory, what, and to which name: one letter. */
static void
deed_event(struct fuzz *f)
{
	static const uint32_t what[] = { IN_CREATE, IN_DELETE, IN_MOVED_FROM,
	    IN_MOVED_TO, IN_ATTRIB, IN_IGNORED, IN_UNMOUNT, IN_Q_OVERFLOW };
	uint8_t wd = fuzz_u8(f), how = fuzz_u8(f);

	env_event(wd, how & 0x80 ? IN_MODIFY :
	    what[how % (sizeof(what) / sizeof(what[0]))], (char)fuzz_u8(f));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	unsigned int how = fuzz_u8(&f);
	uint32_t share = fuzz_u32(&f);

	env_open(how, share, fuzz_u64(&f));
	env_plan(NULL, 0);
	while (f.left > 0) {
		switch ((enum deed)(fuzz_u8(&f) % DEED_CNT)) {
		case DEED_REQUEST:
			deed_request(&f);
			break;
		case DEED_ANSWER:
			deed_answer(&f);
			break;
		case DEED_RUN:
			deed_run(&f);
			break;
		case DEED_EVENT:
			deed_event(&f);
			break;
		case DEED_PLAN:
		case DEED_CNT:
			deed_plan(&f);
			break;
		}
	}
	env_close();
	return 0;
}
