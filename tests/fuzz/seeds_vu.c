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
 * Knows: a good message of every vhost-user request, as fuzz_vu_msg.c reads
 * it.
 * Never: a bad one.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "transport/vu_int.h"
#include "seeds.h"

#define UVA		0x7f0000000000ULL
#define GPA		0x100000ULL
#define LEN		0x10000ULL
#define MEMORY		0u		/* fuzz_vu_msg.c: enum kind */
#define EVENT		1u
#define KICK		2u
#define SOCKET		4u

static void
message(uint32_t what, const void *body, size_t len, unsigned int fd_cnt,
    unsigned int kind)
{
	struct vu_hdr hdr = { what, VU_VERSION | VU_NEED_REPLY, 0 };

	seed_u8(0);
	seed_u8(3);
	seed_u8(fd_cnt << 4 | kind);
	seed_u16((unsigned int)(sizeof(hdr) + len));
	seed_bytes(&hdr, sizeof(hdr));
	seed_bytes(body, len);
}

static void
number(uint32_t what, uint64_t val, unsigned int fd_cnt, unsigned int kind)
{
	message(what, &val, sizeof(val), fd_cnt, kind);
}

static void
state(uint32_t what, uint32_t index, uint32_t num)
{
	struct vu_state s = { index, num };

	message(what, &s, sizeof(s), 0, 0);
}

static void
negotiated(unsigned int how)
{
	seed_u8(how);
	number(16, VU_PF_MQ | VU_PF_REPLY_ACK | VU_PF_BACKEND_REQ |
	    VU_PF_CONFIG | VU_PF_RESET_DEVICE | VU_PF_MEM_SLOTS, 0, 0);
	number(2, VU_FEATURES, 0, 0);
}

static void
table(void)
{
	struct vu_table t = { .cnt = 1,
		.regions = { { GPA, LEN, UVA, 0 } } };

	message(5, &t, 8 + sizeof(t.regions[0]), 1, MEMORY);
}

/* Queue 1 runs, with one request in it. */
static void
running(unsigned int how)
{
	struct vu_addr a = { .index = 1, .desc = UVA, .avail = UVA + 0x1000,
		.used = UVA + 0x2000 };
	static const struct {
		uint64_t addr;
		uint32_t len;
		uint16_t flags, next;
	} desc = { GPA + 0x4000, 40, 0, 0 };
	static const uint16_t avail[] = { 0, 1, 0 };

	negotiated(how);
	table();
	state(8, 1, 8);
	state(10, 1, 0);
	message(9, &a, sizeof(a), 0, 0);
	number(13, 1, 1, EVENT);
	number(14, 1, 1, EVENT);
	number(12, 1, 1, KICK);
	seed_u8(1);
	seed_u16(0);
	seed_u8(sizeof(desc));
	seed_bytes(&desc, sizeof(desc));
	seed_u8(1);
	seed_u16(0x1000);
	seed_u8(sizeof(avail));
	seed_bytes(avail, sizeof(avail));
	state(18, 1, 1);
	seed_u8(2);
}

/* Those without a payload, and those with one number. */
static void
seeds_plain(void)
{
	static const uint32_t plain[] = { 1, 3, 4, 15, 17, 34, 36 };
	char name[32];
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		negotiated(1);
		message(plain[i], NULL, 0, 0, 0);
		seed_u8(4);
		snprintf(name, sizeof(name), "plain-%u", plain[i]);
		seed_keep("fuzz_vu_msg", name);
	}
}

static void
seeds_memory(void)
{
	struct vu_slot slot = { .region = { GPA, LEN, UVA, 0 } };

	negotiated(0);
	message(37, &slot, sizeof(slot), 1, MEMORY);
	message(38, &slot, sizeof(slot), 0, 0);
	seed_keep("fuzz_vu_msg", "slots");
	negotiated(0);
	table();
	table();
	seed_keep("fuzz_vu_msg", "table");
}

static void
seeds_space(void)
{
	struct vu_space s = { .size = 40 };

	negotiated(1);
	message(24, &s, offsetof(struct vu_space, bytes) + 40, 0, 0);
	message(25, &s, offsetof(struct vu_space, bytes) + 40, 0, 0);
	seed_u8(4);
	seed_keep("fuzz_vu_msg", "space");
	negotiated(0);
	message(21, NULL, 0, 1, SOCKET);
	seed_keep("fuzz_vu_msg", "backend");
}

static void
seeds_running(void)
{
	running(0);
	state(11, 1, 0);
	seed_u8(4);
	seed_keep("fuzz_vu_msg", "running");
	running(2);
	state(11, 1, 0);		/* waits for the request */
	seed_u8(3);
	seed_u8(4);
	seed_keep("fuzz_vu_msg", "waits");
	running(2);
	table();
	seed_u8(3);
	seed_keep("fuzz_vu_msg", "table-waits");
	running(2);
	message(34, NULL, 0, 0, 0);
	seed_u8(5);
	seed_keep("fuzz_vu_msg", "reset-hangup");
}

void
seeds_vu_msg(void)
{
	seeds_plain();
	seeds_memory();
	seeds_space();
	seeds_running();
}
