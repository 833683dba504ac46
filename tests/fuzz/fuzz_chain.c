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
 * Knows: a virtqueue in guest memory whose driver does anything, in the order
 * that the input lists.
 * Never: what is in the requests.
 */

#include "config.h"

#include <sys/mman.h>

#include "transport/gmem.c"
#include "transport/vring.c"
#include "transport/vring_chain.c"

#include "common/log.h"
#include "fuzz.h"

#define assert_true(what)		FUZZ_MUST(what)
#define assert_int_equal(a, b)		FUZZ_MUST((a) == (b))
#include "tests/unit/ringenv.h"

#define HELD_MAX	64

/* What the driver or the device does next; the record's first byte. */
enum deed {
	DEED_DESC,		/* fill in a descriptor of the ring */
	DEED_TABLE,		/* or of an indirect table */
	DEED_PUBLISH,		/* make a head available */
	DEED_POP,
	DEED_PUSH,
	DEED_START,		/* stop and start again */
	DEED_HOLD,
	DEED_NOTIFY,
	DEED_SCRIBBLE,		/* any bytes into the parts */
	DEED_CNT,
};

static uint16_t held[HELD_MAX];
static unsigned int held_cnt;

/* Most addresses are in or near guest memory. */
static void
fuzz_desc(struct fuzz *f, struct vring_part_desc *d)
{
	uint8_t how = fuzz_u8(f);

	d->addr = (how & 1) ? fuzz_u64(f) : GPA + fuzz_u32(f) % (3 * LEN);
	if (how & 2)
		d->addr = TABLE;
	d->len = (how & 4) ? fuzz_u32(f) : fuzz_u16(f);
	d->flags = fuzz_u8(f);
	d->next = (how & 8) ? fuzz_u16(f) : fuzz_u8(f);
}

static void
check_piece(const struct iovec *iov)
{
	const uint8_t *low = guest(GPA), *high = guest(GPA + LEN), *at;

	at = iov->iov_base;
	FUZZ_MUST(iov->iov_len > 0 && iov->iov_len <= 2 * LEN);
	FUZZ_MUST((at >= low && at + iov->iov_len <= low + LEN) ||
	    (at >= high && at + iov->iov_len <= high + LEN) ||
	    (low + LEN == high && at >= low &&
	    at + iov->iov_len <= high + LEN));
}

static void
check_chain(void)
{
	size_t in = 0, out = 0;
	unsigned int i;

	FUZZ_MUST(chain.vring == &ring);
	FUZZ_MUST(chain.in_cnt + chain.out_cnt <= VRING_CHAIN_MAX);
	for (i = 0; i < chain.in_cnt + chain.out_cnt; i++) {
		check_piece(&chain.iov[i]);
		if (i < chain.in_cnt)
			in += chain.iov[i].iov_len;
		else
			out += chain.iov[i].iov_len;
	}
	FUZZ_MUST(in == chain.in_len && out == chain.out_len);
	FUZZ_MUST(in + out <= VRING_CHAIN_LEN);
}

static void
deed_pop(void)
{
	unsigned int before = vring_inflight(&ring);
	int err;

	if (held_cnt == HELD_MAX)
		return;
	err = vring_pop(&ring, &chain);
	FUZZ_MUST(err == 0 || err == EAGAIN || err == EPROTO);
	FUZZ_MUST(vring_inflight(&ring) == before + (err == 0));
	if (err == 0) {
		check_chain();
		held[held_cnt++] = chain.head;
	} else if (err == EPROTO)
		FUZZ_MUST(vring_pop(&ring, &chain) == EAGAIN);
}

static void
deed_push(uint8_t which, uint32_t len)
{
	if (held_cnt == 0)
		return;
	which %= held_cnt;
	vring_push(&ring, held[which], len);
	held[which] = held[--held_cnt];
}

static void
push_all(void)
{
	while (held_cnt > 0)
		deed_push(0, 0);
}

/* The device stops a ring only when nothing is in flight. */
static void
deed_start(struct fuzz *f)
{
	uint8_t how = fuzz_u8(f);
	uint16_t base = fuzz_u16(f);
	struct vring_setup s = layout(1u << (how & 15), how >> 7);
	int err;

	push_all();
	vring_stop(&ring);
	s.base = base;
	s.addr.desc += (how & 0x40) ? fuzz_u32(f) : 0;
	s.addr.avail += (how & 0x20) ? fuzz_u32(f) : 0;
	s.addr.used += (how & 0x10) ? fuzz_u32(f) : 0;
	err = vring_check(&mem, &s);
	FUZZ_MUST(err == 0 || err == EINVAL || err == EFAULT);
	FUZZ_MUST(vring_start(&ring, &s) == err);
	FUZZ_MUST(vring_running(&ring) == (err == 0));
	if (err == 0) {
		num = s.num;
		avail[1] = base;
	}
}

static void
deed_scribble(struct fuzz *f)
{
	uint32_t at = fuzz_u32(f) % (LEN - 256);
	uint8_t len = fuzz_u8(f);

	fuzz_bytes(f, (uint8_t *)guest(GPA) + at, len);
}

static void
one_deed(struct fuzz *f)
{
	switch ((enum deed)(fuzz_u8(f) % DEED_CNT)) {
	case DEED_DESC:
		fuzz_desc(f, &desc[fuzz_u8(f)]);
		break;
	case DEED_TABLE:
		fuzz_desc(f, (struct vring_part_desc *)guest(TABLE) +
		    fuzz_u8(f));
		break;
	case DEED_PUBLISH:
		publish(fuzz_u16(f));
		break;
	case DEED_POP:
		deed_pop();
		break;
	case DEED_PUSH:
		deed_push(fuzz_u8(f), fuzz_u32(f));
		break;
	case DEED_START:
		deed_start(f);
		break;
	case DEED_HOLD:
		vring_hold(&ring, fuzz_u8(f) & 1);
		break;
	case DEED_NOTIFY:
		vring_notify(&ring);
		break;
	case DEED_SCRIBBLE:
	case DEED_CNT:
		deed_scribble(f);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	static int ready;

	if (!ready) {
		log_set_level(LOG_LEVEL_OFF);
		ready = setup(NULL) == 0;
	}
	vring_stop(&ring);
	vring_hold(&ring, 0);
	memset(guest(GPA), 0, LEN);
	start(NUM, fuzz_u8(&f) & 1, 0);
	while (f.left > 0)
		one_deed(&f);
	push_all();
	FUZZ_MUST(vring_inflight(&ring) == 0);
	return 0;
}
