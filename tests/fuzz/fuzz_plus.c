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
 * Knows: one READDIRPLUS, and any records that a worker answers it with.
 * Never: how they are checked.
 */

#include "config.h"

#include "fsenv.h"

static void
ask(uint32_t opcode, const void *args, size_t len, size_t room)
{
	struct {
		struct fuse_in_header in;
		uint8_t args[64];
	} msg;

	memset(&msg, 0, sizeof(msg));
	msg.in.len = (uint32_t)(sizeof(msg.in) + len);
	msg.in.opcode = opcode;
	msg.in.nodeid = FUSE_ROOT_ID;
	msg.in.uid = msg.in.gid = 1000;
	memcpy(msg.args, args, len);
	env_request(&msg, msg.in.len, sizeof(struct fuse_out_header) + room,
	    0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct env_answer opened = { .file = { ENV_DIR, ENV_DIR } };
	struct fuzz f = { data, size };
	struct a_readdirplus body;
	struct env_answer listed;
	struct fuse_open_in open;
	struct fuse_read_in read;
	uint8_t files;

	env_open((fuzz_u8(&f) & (ENV_CACHE | ENV_SUBMOUNTS)) | ENV_READY);
	memset(&open, 0, sizeof(open));
	ask(FUSE_OPENDIR, &open, sizeof(open), sizeof(struct fuse_open_out));
	env_answer(0, &opened);
	memset(&read, 0, sizeof(read));
	read.fh = 1ULL << 32;		/* the first handle, handle.c */
	read.size = fuzz_u16(&f);
	ask(FUSE_READDIRPLUS, &read, sizeof(read), read.size);
	FUZZ_MUST(env_waiting() == 1);
	memset(&listed, 0, sizeof(listed));
	listed.fd_cnt = fuzz_u8(&f) % (MSG_DIRPLUS_MAX + 1);
	files = fuzz_u8(&f);
	listed.file[0] = (enum env_file)(files & 7);
	listed.file[1] = (enum env_file)(files >> 3 & 7);
	memset(&body, 0, sizeof(body));
	body.entry_cnt = fuzz_u32(&f);
	listed.body = &body;
	listed.body_len = sizeof(body);
	listed.tail = f.at;
	listed.tail_len = f.left;
	env_answer(0, &listed);
	FUZZ_MUST(env_waiting() == 0);
	env_close();
	return 0;
}
