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
 * Knows: a broker that answers a worker's hello with anything.
 * Never: a jail.
 */

#include "config.h"

#define FAKE_CALLS
#include "tests/fuzz/fake.h"

#include "common/chan.c"
#include "common/fdbag.c"
#include "common/mring.c"

#include "common/log.h"
#include "common/proc.h"
#include "common/sandbox_fsworker.h"

/* The numbers that come first here. */
#undef FSWORKER_FD_TRANSPORT
#undef FSWORKER_FD_ROOT
#undef FSWORKER_FD_RING
#define FSWORKER_FD_TRANSPORT (FAKE_BASE + 7)
#define FSWORKER_FD_ROOT (FAKE_BASE + 8)
#define FSWORKER_FD_RING (FAKE_BASE + 9)

#include "tests/fuzz/over.h"
#include "tests/fuzz/rawmsg.h"

int hello_main(void);
#define fatal(...) over_fatal(__VA_ARGS__)
#define fatalx(...) over_fatal(__VA_ARGS__)
#define proc_claim(fd, t, what) FUZZ_MUST((fd) >= FAKE_BASE)
#define main hello_main
#include "fsworker/main.c"
#undef main

#define FDS (2 + MRING_FDS)

/* First byte of the input. */
#define WITH_RAW 0x01	/* a raw message instead */
#define WITH_FAR 0x02	/* the root is not of the share */
#define WITH_STRAY 0x04 /* a descriptor is in the way */
#define WITH_HANGUP 0x08

static struct chan broker, self;
static struct a_whello who;
static struct rules rules;
static uint8_t how;
static struct raw raw;

/* ---- the rest of a worker ---- */

void
at_init(void)
{
	abort();
}

int
at_claim_dir(const struct a_whello *w, int fd)
{
	FUZZ_MUST(w == &who && fd == FSWORKER_FD_ROOT);
	return (how & WITH_FAR) ? EBADF : 0;
}

int
serve(struct chan *c, const struct a_whello *w, const struct rules *r)
{
	(void)c;
	(void)w;
	(void)r;
	abort();
}

/* ---- the broker ---- */

static void
send_it(const void *bytes, size_t len, unsigned int fd_cnt)
{
	int fds[RAW_FDS_MAX], own[FDS], stray = -1;
	unsigned int i;

	for (i = 0; i < FDS; i++)
		own[i] = fake_fd(S_IFREG);
	if (how & WITH_STRAY)
		stray = fake_fd(S_IFREG);
	for (i = 0; i < fd_cnt; i++)
		fds[i] = own[i % FDS];
	fake_send(broker.fd, bytes, len, fds, fd_cnt);
	for (i = 0; i < FDS; i++)
		fake_close(own[i]);
	fd_close(&stray);
}

/* A good answer but for some bytes of it, and any tail. */
static void
send_good(struct fuzz *f)
{
	struct msg_hdr hdr = {.type = A_WHELLO, .fd_cnt = FDS};
	struct a_whello a;
	uint8_t changes = fuzz_u8(f) % 8;
	size_t at, tail;

	memset(&a, 0, sizeof(a));
	cred_set(&a.cred, CRED_USER, 1000, 1000);
	a.mount_cnt = 1;
	a.mounts[0] = 7;
	a.idmap_cnt = fuzz_u8(f);
	a.xattrmap_len = fuzz_u16(f);
	while (changes-- > 0) {
		at = fuzz_u16(f) % sizeof(a);
		((uint8_t *)&a)[at] = fuzz_u8(f);
	}
	tail = f->left < MSG_TAIL_MAX ? f->left : MSG_TAIL_MAX;
	hdr.len = (uint32_t)(sizeof(hdr) + sizeof(a) + tail);
	memcpy(raw.bytes, &hdr, sizeof(hdr));
	memcpy(raw.bytes + sizeof(hdr), &a, sizeof(a));
	fuzz_bytes(f, raw.bytes + sizeof(hdr) + sizeof(a), tail);
	send_it(raw.bytes, hdr.len, FDS);
}

/* What a worker goes on with. */
static void
check(int rootfd)
{
	uint32_t i;

	FUZZ_MUST(rootfd == FSWORKER_FD_ROOT && (how & WITH_FAR) == 0);
	FUZZ_MUST(cred_valid(&who.cred) && who.mount_cnt >= 1 &&
	    who.mount_cnt <= MSG_MOUNTS_MAX && who.unique_ids <= 1);
	FUZZ_MUST((who.flags & ~MSG_SHARE_FLAGS) == 0 &&
	    (who.policy & ~MSG_POLICY_ALL) == 0);
	FUZZ_MUST(rules.ids.rules == rules.id_rules &&
	    idmap_check(&rules.ids, &i) == 0);
}

static void
begin(void)
{
	int pair[2];

	fake_begin();
	fdbag_init(&main_msg.fds);
	FUZZ_MUST(chan_pair(pair) == 0);
	chan_init(&self, pair[0], MSG_FSWORKER, MSG_BROKER, 0);
	chan_init(&broker, pair[1], MSG_BROKER, MSG_FSWORKER, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = {data, size};
	int ring[MRING_FDS], rootfd, i;

	log_set_level(LOG_LEVEL_OFF);
	how = fuzz_u8(&f);
	begin();
	if (how & WITH_RAW) {
		raw_read(&f, &raw);
		send_it(raw.bytes, raw.len, raw.fd_cnt);
	} else
		send_good(&f);
	if (how & WITH_HANGUP)
		fd_close(&broker.fd);
	if (OVER_BEGIN()) {
		rootfd = main_hello(&self, &who, &rules, ring);
		check(rootfd);
		fake_close(FSWORKER_FD_TRANSPORT);
		fake_close(FSWORKER_FD_ROOT);
		for (i = 0; i < MRING_FDS; i++)
			fake_close(FSWORKER_FD_RING + i);
		FUZZ_MUST(fake_held() == 1 + (broker.fd != -1));
	}
	/* Whoever gives up ends, and his descriptors with him. */
	fake_end();
	return 0;
}
