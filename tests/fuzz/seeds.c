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
 * Knows: how to write the first inputs of every fuzz target, good examples of
 * what a target reads.  Run by "make fuzz-seeds" only; the inputs are kept in
 * the source tree.
 * Never: whether they do any harm.
 */

#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/msg.h"
#include "seeds.h"

#define SEED_MAX	65536

static const char *seed_top;
static uint8_t seed_buf[SEED_MAX];
static size_t seed_len;

void
seed_bytes(const void *src, size_t len)
{
	if (len > SEED_MAX - seed_len)
		errx(1, "too long");
	if (len > 0)
		memcpy(seed_buf + seed_len, src, len);
	seed_len += len;
}

void
seed_u8(unsigned int val)
{
	uint8_t v = (uint8_t)val;

	seed_bytes(&v, sizeof(v));
}

void
seed_u16(unsigned int val)
{
	uint16_t v = (uint16_t)val;

	seed_bytes(&v, sizeof(v));
}

void
seed_u32(uint32_t val)
{
	seed_bytes(&val, sizeof(val));
}

void
seed_u64(uint64_t val)
{
	seed_bytes(&val, sizeof(val));
}

void
seed_text(const char *text)
{
	seed_bytes(text, strlen(text) + 1);
}

void
seed_keep(const char *target, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", seed_top, target);
	if (mkdir(path, 0777) == -1 && errno != EEXIST)
		err(1, "%s", path);
	snprintf(path, sizeof(path), "%s/%s/%s", seed_top, target, name);
	if ((f = fopen(path, "wb")) == NULL ||
	    fwrite(seed_buf, 1, seed_len, f) != seed_len || fclose(f) == EOF)
		err(1, "%s", path);
	seed_len = 0;
}

/* ---- fuzz_msg ---- */

/* fuzz_msg.c: ends[] */
static unsigned int
seed_ends(const struct msg_row *row)
{
	static const struct {
		uint8_t self, peer;
	} ends[] = {
		{ MSG_BROKER, MSG_TRANSPORT }, { MSG_TRANSPORT, MSG_BROKER },
		{ MSG_BROKER, MSG_FSWORKER }, { MSG_FSWORKER, MSG_BROKER },
		{ MSG_BROKER, MSG_SPAWNER }, { MSG_SPAWNER, MSG_BROKER },
		{ MSG_TRANSPORT, MSG_FSWORKER },
		{ MSG_FSWORKER, MSG_TRANSPORT },
	};
	unsigned int i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i].self == row->to && ends[i].peer == row->from)
			return i;
	errx(1, "%s: nobody receives that", row->name);
}

static void
seeds_msg(void)
{
	static const uint8_t body[MSG_BODY_MAX];
	const struct msg_row *row;
	struct msg_hdr hdr;
	unsigned int i, fd_cnt;

	for (i = 0; i < msg_row_cnt; i++) {
		row = &msg_rows[i];
		fd_cnt = row->fds & 0x8000u ? 3 : row->fds;
		memset(&hdr, 0, sizeof(hdr));
		hdr.type = row->type;
		seed_u8(seed_ends(row) + 8u * row->phase);
		seed_u8(3);
		seed_u8(fd_cnt);
		seed_u16((unsigned int)sizeof(hdr) + row->body_len +
		    (row->tail_max > 0 ? 9 : 0));
		seed_bytes(&hdr, sizeof(hdr));
		seed_bytes(body, row->body_len);
		seed_bytes("some tail", row->tail_max > 0 ? 9 : 0);
		seed_keep("fuzz_msg", row->name);
	}
}

/* A directory's descriptor that is kept, used; the node likewise. */
static void
seeds_msg_kept(void)
{
	static const uint8_t body[MSG_BODY_MAX];
	static const uint16_t kept[][MSG_KEPT] = {
		{ MSG_KEEP_PUT | 3, 0 },
		{ MSG_KEEP_USE | 3, 0 },
	};
	const struct msg_row *row = msg_row(Q_LOOKUP);
	unsigned int i, fd_cnt;
	struct msg_hdr hdr;

	for (i = 0; i < 2; i++) {
		fd_cnt = i == 0;
		memset(&hdr, 0, sizeof(hdr));
		hdr.type = row->type;
		memcpy(hdr.kept, kept[i], sizeof(hdr.kept));
		hdr.give = (i == 0 ? MSG_KEEP_PUT : MSG_KEEP_USE) | 4;
		seed_u8(seed_ends(row) + 8u * row->phase);
		seed_u8(3);
		seed_u8(fd_cnt);
		seed_u16((unsigned int)sizeof(hdr) + row->body_len);
		seed_bytes(&hdr, sizeof(hdr));
		seed_bytes(body, row->body_len);
		seed_keep("fuzz_msg", i == 0 ? "put" : "use");
	}
}

/* ---- fuzz_mring ---- */

/* fuzz_mring.c: enum step */
static void
mring_message(unsigned int type)
{
	unsigned int i;

	for (i = 0; i < msg_row_cnt && msg_rows[i].type != type; i++)
		continue;
	seed_u8(5);
	seed_u16(i);
	seed_u8(0);
	seed_u8(6);
}

static void
seeds_mring(void)
{
	seed_u32(0);
	mring_message(A_LOOKUP);
	seed_u8(6);
	seed_u8(9);
	seed_keep("fuzz_mring", "answer");
	seed_u32(0xffffffff);
	mring_message(A_GETXATTR);
	mring_message(A_RENAME);
	mring_message(Q_LOOKUP);
	seed_keep("fuzz_mring", "wraps");
	seed_u32(7);
	seed_u8(2);			/* they sleep; two questions */
	seed_u32(1);
	seed_u8(7);
	seed_u8(200);
	seed_u8(7);
	seed_u8(0);
	seed_u8(8);
	seed_keep("fuzz_mring", "bell");
	seed_u32(0);
	seed_u8(1);			/* took what was never there */
	seed_u32(0xffffff00);
	seed_u8(7);
	seed_u8(40);
	seed_u8(0);			/* put more than there is room for */
	seed_u32(65);
	seed_u8(6);
	seed_keep("fuzz_mring", "indices");
	seed_u32(0);
	seed_u8(0);
	seed_u32(2);
	seed_u8(3);			/* too long; on a silent socket */
	seed_u8(0);
	seed_u32(1017);
	seed_u8(6);
	seed_u8(3);
	seed_u8(0);
	seed_u32(0);
	seed_u8(6);
	seed_keep("fuzz_mring", "lengths");
}

/* ---- fuzz_chain ---- */

static void
chain_desc(unsigned int table, unsigned int idx, unsigned int how,
    unsigned int flags, unsigned int next)
{
	seed_u8(table);
	seed_u8(idx);
	seed_u8(how);
	seed_u32(0x80000 + idx * 0x1000);
	seed_u16(flags & 4 ? 48 : 100);
	seed_u8(flags);
	seed_u8(next);
}

static void
chain_done(const char *name)
{
	seed_u8(2);			/* publish 0, pop, push, notify */
	seed_u16(0);
	seed_u8(3);
	seed_u8(4);
	seed_u8(0);
	seed_u32(16);
	seed_u8(7);
	seed_keep("fuzz_chain", name);
}

static void
seeds_chain(void)
{
	seed_u8(1);
	chain_desc(0, 0, 0, VRING_DESC_F_NEXT, 1);
	chain_desc(0, 1, 0, VRING_DESC_F_WRITE, 0);
	chain_done("plain");
	seed_u8(0);
	chain_desc(1, 0, 0, VRING_DESC_F_NEXT, 1);
	chain_desc(1, 1, 0, VRING_DESC_F_NEXT, 2);
	chain_desc(1, 2, 0, VRING_DESC_F_WRITE, 0);
	chain_desc(0, 0, 2, VRING_DESC_F_INDIRECT, 0);
	chain_done("indirect");
	seed_u8(0);
	chain_desc(0, 0, 0, VRING_DESC_F_NEXT, 0);
	chain_done("circle");
	seed_u8(0);
	chain_desc(0, 0, 0, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 1);
	chain_desc(0, 1, 0, 0, 0);
	chain_done("order");
	seed_u8(0);
	chain_desc(1, 0, 2, VRING_DESC_F_INDIRECT, 0);
	chain_desc(0, 0, 2, VRING_DESC_F_INDIRECT, 0);
	chain_done("indirect-twice");
	seed_u8(1);
	seed_u8(5);
	seed_u8(0x80 | 8);
	seed_u16(65530);
	chain_desc(0, 0, 0, 0, 0);
	chain_done("started-elsewhere");
	seed_u8(0);
	seed_u8(8);
	seed_u32(0x10002);
	seed_u8(2);
	seed_u16(0x1234);
	chain_done("index-jumped");
}

/* ---- fuzz_plus ---- */

static void
plus_record(const char *name, int flags)
{
	static const char pad[8];
	struct msg_dirent d;
	size_t len = strlen(name);

	memset(&d, 0, sizeof(d));
	d.attr.zero = 1;		/* fsenv.c makes it true */
	d.off = 7;
	d.ino = 1234;
	d.name_len = (uint16_t)len;
	d.rec_len = (uint16_t)((sizeof(d) + len + 7) & ~(size_t)7);
	d.type = DT_REG;
	d.flags = (uint8_t)flags;
	seed_bytes(&d, sizeof(d));
	seed_bytes(name, len);
	seed_bytes(pad, d.rec_len - sizeof(d) - len);
}

static void
plus_head(unsigned int bits, unsigned int size, unsigned int fd_cnt,
    uint32_t entry_cnt)
{
	seed_u8(bits);
	seed_u16(size);
	seed_u8(fd_cnt);
	seed_u8(1 << 3);		/* ENV_FILE, ENV_DIR by turns */
	seed_u32(entry_cnt);
}

static void
seeds_plus(void)
{
	plus_head(0, 4096, 0, 0);
	seed_keep("fuzz_plus", "empty");
	plus_head(0, 4096, 2, 4);
	plus_record(".", 0);
	plus_record("..", 0);
	plus_record("a", MSG_DIRENT_NODE);
	plus_record("dir", MSG_DIRENT_NODE);
	seed_keep("fuzz_plus", "four");
	plus_head(0, 320, 3, 3);
	plus_record("first", MSG_DIRENT_NODE);
	plus_record("second", MSG_DIRENT_NODE);
	plus_record("third", MSG_DIRENT_NODE);
	seed_keep("fuzz_plus", "no-room");
	plus_head(3, 4096, 0, 2);
	plus_record("claims", MSG_DIRENT_NODE);
	plus_record("a/b", 0);
	seed_keep("fuzz_plus", "lies");
}

/* ---- fuzz_conf, fuzz_mountinfo ---- */

static void
seeds_conf(void)
{
	static const char *const lines[][3] = {
		{ "--shared-dir=/srv", "--socket-path=/run/s", "--readonly" },
		{ "--shared-dir=/srv", "--fd=3", "--tag=share" },
		{ "--fd=3", "--socket-path=/run/s", "--shared-dir=/srv" },
		{ "--cache=never", "--cache", "metadata" },
		{ "--sandbox=chroot", "--sandbox=none", "--seccomp=log" },
		{ "--thread-pool-size=256", "--rlimit-nofile", "0" },
		{ "--log-level=trace", "--syslog", "--socket=/s" },
		{ "--announce-submounts", "--no-announce-submounts", "" },
		{ "--help", "-V", "--version" },
		{ "--what", "--print-capabilities", "--socket-group=kvm" },
	};
	char name[16];
	size_t i, j;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (j = 0; j < 3; j++)
			seed_text(lines[i][j]);
		snprintf(name, sizeof(name), "line-%zu", i);
		seed_keep("fuzz_conf", name);
	}
}

static void
seeds_mountinfo(void)
{
	static const char *const lines[][2] = {
		{ "/srv", "36 35 98:0 / /srv/a rw,noatime - ext3 /dev/x rw" },
		{ "/", "22 1 0:20 / /proc rw - proc proc rw\n" },
		{ "/a b", "1 2 3:4 /x /a\\040b/c\\011\\012\\134 rw\n" },
		{ "/srv", "1 2 3:4 / /srv2/a rw" },
		{ "/srv", "1 2 3:4 / /srv/\\777" },
		{ "/srv", "36 35 98:0 /  /srv/a" },
	};
	char name[16];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		seed_text(lines[i][0]);
		seed_text(lines[i][1]);
		snprintf(name, sizeof(name), "line-%zu", i);
		seed_keep("fuzz_mountinfo", name);
	}
}

int
main(int argc, char *argv[])
{
	if (argc != 2)
		errx(1, "usage: seeds DIR");
	seed_top = argv[1];
	seeds_chain();
	seeds_conf();
	seeds_fuse();
	seeds_ipc();
	seeds_mountinfo();
	seeds_mring();
	seeds_msg();
	seeds_msg_kept();
	seeds_plus();
	seeds_vu_msg();
	return 0;
}
