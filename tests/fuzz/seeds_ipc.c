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
 * Knows: good conversations between viofsd's processes, as fuzz_broker.c,
 * fuzz_hello.c, fuzz_link.c, fuzz_spawner.c and fuzz_worker.c read them, and
 * a lie in some.
 * Never: what becomes of them.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/msg.h"
#include "common/idmap.h"
#include "seeds.h"
#include "sharenv.h"

static unsigned int
row_nr(uint16_t type)
{
	unsigned int i;

	for (i = 0; msg_rows[i].type != type; i++)
		continue;
	return i;
}

/* How, descriptors, length, bytes: header and body right. */
static void
raw(uint16_t type, unsigned int how)
{
	const struct msg_row *row = msg_row(type);
	struct msg_hdr hdr = {.type = type};
	unsigned int i;

	seed_u8(how);
	seed_u8(row->fds & 0x7fffu);
	seed_u16((unsigned int)sizeof(hdr) + row->body_len);
	seed_bytes(&hdr, sizeof(hdr));
	for (i = 0; i < row->body_len; i++)
		seed_u8(0);
}

/* ---- fuzz_broker.c: enum deed ---- */

static void
broker_begin(unsigned int policy)
{
	seed_u8(policy);
	seed_u8(0);
}

static void
wget(unsigned int class, unsigned int uid, unsigned int gid)
{
	seed_u8(1);
	seed_u8(5);
	seed_u8(class);
	seed_u16(uid);
	seed_u16(gid);
	seed_u8(0);
}

static void
deed(unsigned int what, unsigned int a, unsigned int b)
{
	seed_u8(what);
	seed_u8(a);
	seed_u8(b);
}

/* The which-th worker is started and says what it is, but for a byte. */
static void
worker_lives(unsigned int which, unsigned int at, unsigned int with)
{
	deed(4, 0, 255);
	deed(6, which, 0);
	seed_u8(7);
	seed_u8(which);
	seed_u16(at);
	seed_u8(with);
}

static void
wexit(unsigned int id, uint32_t status)
{
	seed_u8(5);
	seed_u8(id);
	seed_u32(status);
}

static void
seeds_broker_life(void)
{
	static const struct {
		unsigned int policy, class, uid, gid;
	} who[] = {
	    {0, 0, 1000, 1000},
	    {0, 1, 1000, 1000},
	    {0, 2, 0, 0},
	    {2, 0, 1001, 1001},
	    {0x22, 0, 1001, 1005},
	    {4, 0, 1003, 1003},
	    {8, 0, 1, 1},
	    {0x10, 0, 2003, 2003},
	    {0x42, 0, 65534, 65534},
	    {0x82, 2, 0, 0}, {0x28, 0, 1001, 1001},
	    {4, 3, 2000, 0}, /* these two live in a kept pool's namespace */
	    {4, 1, 2005, 2005},
	};
	char name[16];
	unsigned int i;

	for (i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		broker_begin(who[i].policy);
		wget(who[i].class, who[i].uid, who[i].gid);
		worker_lives(0, 0, 0);
		seed_u8(8);
		seed_u8(9);
		seed_u8(2);
		seed_u8(1);
		wexit(1, i > 10 ? 0x80000000 : 0);
		snprintf(name, sizeof(name), "life-%u", i);
		seed_keep("fuzz_broker", name);
	}
}

static void
seeds_broker(void)
{
	unsigned int i;

	seeds_broker_life();
	for (i = 0; i < 2; i++) {
		broker_begin(1);
		deed(3, i, 8); /* HOPEN; with a wrong seal */
		seed_u8(3);
		seed_bytes("abc", 3);
		seed_u8(0);
		seed_u8(8);
		seed_u8(1);
		seed_keep("fuzz_broker", i == 0 ? "hopen" : "forged");
	}
	broker_begin(0);
	wget(0, 1000, 1000);
	worker_lives(0, 8, 1); /* another uid */
	deed(9, 0, 9);
	seed_u8(0);
	deed(4, 0, 1);
	wexit(1, 9);
	seed_keep("fuzz_broker", "lie");
	broker_begin(0);
	deed(11, 0, 1); /* no room for answers */
	wget(2, 1000, 0);
	seed_u8(8);
	seed_u8(9);
	wget(0, 1000, 1000);
	deed(4, 7, 1); /* SPAWN fails */
	seed_u8(10);
	seed_u8(0);
	deed(10, 3, 0);
	seed_keep("fuzz_broker", "no-room");
	seed_u8(0);
	seed_u8(3);
	raw(N_SREADY, 3);
	raw(Q_HELLO, 3);
	seed_keep("fuzz_broker", "hello");
	broker_begin(0);
	seed_u8(9);
	seed_u8(15); /* SIGTERM */
	seed_u8(9);
	seed_u8(0);
	seed_keep("fuzz_broker", "signal");
}

/* ---- fuzz_spawner.c ---- */

static void
spawn(unsigned int id, unsigned int class, unsigned int uid)
{
	seed_u8(1);
	seed_u8(id);
	seed_u8(class);
	seed_u16(uid);
	seed_u16(uid);
	seed_u8(0);
}

static void
seeds_spawner(void)
{
	seed_u8(0);
	spawn(1, 0, 1000);
	spawn(1, 0, 1001); /* again */
	spawn(2, 2, 0);
	seed_u8(2);
	seed_u8(2);
	seed_u8(3);
	seed_u16(0);
	seed_u32(0x100);
	spawn(3, 3, 7); /* no such class */
	seed_keep("fuzz_spawner", "life");
	seed_u8(2);
	spawn(1, 1, 1001);
	seed_u8(4);
	seed_u8(1);
	spawn(2, 0, 1001);
	seed_u8(0);
	raw(N_SKILL, 3);
	seed_u8(0);
	raw(Q_SPAWN, 3);
	seed_u8(0);
	raw(A_SPAWN, 3);
	seed_keep("fuzz_spawner", "refused");
}

/* ---- fuzz_link.c ---- */

static void
call(uint16_t type, unsigned int how, unsigned int node)
{
	seed_u8(0);
	seed_u8(row_nr(type));
	seed_u8(how);
	seed_u8(node);
}

static void
grant(unsigned int err, unsigned int how)
{
	seed_u8(2);
	seed_u8(err);
	seed_u8(how);
	seed_u8(7);
}

static void
reply(unsigned int who, unsigned int err, unsigned int how)
{
	seed_u8(5);
	seed_u8(who);
	seed_u8(err);
	seed_u8(how);
}

static void
seeds_link_workers(void)
{
	seed_u8(3);
	call(Q_LOOKUP, 0x41, 0);
	grant(0, 0);
	reply(0, 0, 0);
	call(Q_RENAME, 0x41, 3);
	call(Q_READDIRPLUS, 0x41, 0);
	reply(0, ENOENT, 0);
	reply(0, 0, 9);
	call(Q_SETXATTR, 0x61, 0); /* too long for the ring */
	reply(0, 0, 0);
	call(Q_LOOKUP, 0x45, 0);
	seed_u8(8);
	seed_u8(0); /* dies, and another does it */
	grant(0, 0);
	reply(0, EACCES, 0);
	grant(0, 0); /* root's */
	reply(1, 0, 0);
	seed_keep("fuzz_link", "workers");
	seed_u8(0);
	call(Q_UNLINK, 0x42, 0);
	grant(0, 0);
	seed_u8(6);
	seed_u8(0);
	raw(A_UNLINK, 7); /* in the ring, out of turn */
	call(Q_UNLINK, 0x42, 0);
	reply(0, 0, 0x40); /* to another question */
	call(Q_UNLINK, 0x42, 0);
	grant(0, 3); /* not a ring */
	grant(EUSERS, 0);
	deed(9, 0, 9);
	seed_u8(0);
	grant(EAGAIN, 0);
	grant(EPERM, 0);
	seed_keep("fuzz_link", "lost");
}

static void
seeds_link(void)
{
	struct idmap_rule rule = {IDMAP_UID, IDMAP_GUEST, 1000, 2000, 10};

	seeds_link_workers();
	seed_u8(0x10);
	seed_u32(1);
	seed_bytes(&rule, sizeof(rule));
	seed_u8(sizeof(rule));
	seed_u8(1); /* HOPEN, and its answers */
	seed_u8(1);
	seed_u8(3);
	seed_u8(0);
	seed_u8(3);
	seed_u8(ESTALE);
	seed_keep("fuzz_link", "hopen");
	seed_u8(0x20);
	raw(A_HELLO, 3);
	seed_u8(4);
	raw(N_QUIT, 3);
	seed_u8(4);
	raw(A_WGET, 3);
	seed_u8(4);
	raw(Q_WGET, 3);
	seed_keep("fuzz_link", "broker");
	seed_u8(0);
	call(Q_SYNCFS, 0x43, 0);
	grant(0, 0);
	seed_u8(10);
	seed_u8(1);
	deed(9, 0xf0, 9); /* it hangs while the ring drains */
	seed_u8(0xf1);
	seed_keep("fuzz_link", "drain");
	seed_u8(0);
	call(Q_SYNCFS, 0x43, 0);
	grant(0, 0);
	seed_u8(7);
	seed_u8(0);
	seed_u8(0);
	seed_u32(100);
	seed_keep("fuzz_link", "scribble");
}

/* ---- fuzz_hello.c ---- */

/* One byte of each field that is looked at is wrong. */
static void
seeds_hello_fields(void)
{
	static const struct {
		size_t at;
		unsigned int val;
	} wrong[] = {
	    {offsetof(struct a_whello, cred.class), 3},
	    {offsetof(struct a_whello, cred.gid_cnt), 33},
	    {offsetof(struct a_whello, flags) + 3, 0xff},
	    {offsetof(struct a_whello, log_level), 9},
	    {offsetof(struct a_whello, seccomp), 9},
	    {offsetof(struct a_whello, mount_cnt), 0},
	    {offsetof(struct a_whello, mount_cnt) + 1, 1},
	    {offsetof(struct a_whello, mounts) + 8, 1},
	    {offsetof(struct a_whello, unique_ids), 2},
	    {offsetof(struct a_whello, policy) + 1, 1},
	};
	char name[16];
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		seed_u8(0);
		seed_u8(1);
		seed_u8(0);
		seed_u16(0);
		seed_u16((unsigned int)wrong[i].at);
		seed_u8(wrong[i].val);
		snprintf(name, sizeof(name), "wrong-%u", i);
		seed_keep("fuzz_hello", name);
	}
}

static void
seeds_hello(void)
{
	struct idmap_rule rule = {IDMAP_UID, IDMAP_GUEST, 1000, 2000, 10};
	static const char names[] = ":map::user.guest.:";

	seed_u8(0);
	seed_u8(0);
	seed_u8(0);
	seed_u16(0);
	seed_keep("fuzz_hello", "plain");
	seed_u8(0);
	seed_u8(0);
	seed_u8(1);
	seed_u16(sizeof(names) - 1);
	seed_bytes(&rule, sizeof(rule));
	seed_bytes(names, sizeof(names) - 1);
	seed_keep("fuzz_hello", "rules");
	seed_u8(1);
	raw(A_WHELLO, 3);
	seed_keep("fuzz_hello", "raw");
	seeds_hello_fields();
	seed_u8(2);
	deed(0, 0, 0);
	seed_u8(0);
	seed_keep("fuzz_hello", "far");
	seed_u8(4);
	deed(0, 0, 0);
	seed_u8(0);
	seed_keep("fuzz_hello", "stray");
	seed_u8(1);
	seed_u8(0);
	seed_u8(0);
	seed_u16(0);
	seed_keep("fuzz_hello", "empty");
}

/* ---- fuzz_worker.c ---- */

static void
worker_begin(uint32_t flags, unsigned int policy)
{
	seed_u16(policy);
	seed_u32(flags);
}

/* Two pieces of at most 255 bytes hold what is not zero, see deed_ask(). */
static void
ask_kept(uint16_t type, const uint8_t kept[MSG_KEPT + 1], unsigned int fds,
    const void *body, const char *tail)
{
	const uint8_t *b = body;
	size_t end = msg_row(type)->body_len, first;

	while (end > 0 && b[end - 1] == 0)
		end--;
	first = end < 255 ? end : 255;
	seed_u8(0);
	seed_u8(row_nr(type));
	seed_bytes(kept, MSG_KEPT + 1);
	seed_u8(fds & 0xff);
	seed_u8(fds >> 8);
	seed_u8((unsigned int)first);
	seed_bytes(b, first);
	seed_u16((unsigned int)first);
	seed_u8((unsigned int)(end - first));
	seed_bytes(b + first, end - first);
	seed_u16((unsigned int)strlen(tail));
	seed_bytes(tail, strlen(tail));
}

static void
ask(uint16_t type, unsigned int fds, const void *body, const char *tail)
{
	static const uint8_t none[MSG_KEPT + 1];

	ask_kept(type, none, fds, body, tail);
}

static void
seeds_worker_make(void)
{
	struct q_create create = {.flags = O_RDWR, .mode = 0644, .name = "n"};
	struct q_mknod mknod = {.mode = 0020666, .rdev_major = 1, .name = "d"};
	struct q_mkdir mkdir = {.mode = 0755, .name = "m"};
	struct q_symlink symlink = {.target_len = 4, .name = "s"};
	struct q_tmpfile tmpfile = {.flags = O_RDWR, .mode = 0600};
	struct q_link link = {.name = "l"};

	worker_begin(MSG_SHARE_HANDLES, 0);
	ask(Q_CREATE, SHARE_ROOT, &create, "");
	ask(Q_MKNOD, SHARE_ROOT, &mknod, "");
	ask(Q_MKDIR, SHARE_ROOT, &mkdir, "");
	ask(Q_SYMLINK, SHARE_ROOT, &symlink, "file");
	ask(Q_TMPFILE, SHARE_DIR, &tmpfile, "");
	ask(Q_LINK, SHARE_FILE | SHARE_DIR << 8, &link, "");
	seed_keep("fuzz_worker", "make");
	worker_begin(MSG_SHARE_LABEL | MSG_SHARE_XATTR | MSG_SHARE_POSIX_ACL,
	    0x100);
	create.label_name_len = mkdir.label_name_len = 10;
	create.label_len = mkdir.label_len = 5;
	create.umask = mkdir.umask = 022;
	ask(Q_CREATE, SHARE_ROOT, &create, "user.labellabel");
	ask(Q_MKDIR, SHARE_ROOT, &mkdir, "user.labellabel");
	seed_keep("fuzz_worker", "label");
	worker_begin(MSG_SHARE_READONLY, 0x200);
	ask(Q_MKDIR, SHARE_ROOT, &mkdir, "");
	seed_keep("fuzz_worker", "readonly");
}

static void
seeds_worker_names(void)
{
	struct q_lookup lookup = {.name = "file"};
	struct q_unlink unlink = {.name = "a"};
	struct q_rmdir rmdir = {.name = "dir"};
	struct q_rename rename = {.oldname = "file", .newname = "b"};
	struct q_access access = {.mask = R_OK | X_OK};
	struct q_statx statx = {.mask = 0xfff};
	static const struct q_self none;
	static const uint8_t put[] = {MSG_KEEP_PUT >> 8 | 3, 0,
	    MSG_KEEP_PUT >> 8 | 4};
	static const uint8_t use[] = {MSG_KEEP_USE >> 8 | 3, 0,
	    MSG_KEEP_USE >> 8 | 5};

	worker_begin(0, 0);
	ask_kept(Q_LOOKUP, put, SHARE_ROOT, &lookup, "");
	ask(Q_ACCESS, SHARE_FILE, &access, "");
	ask(Q_STATX, SHARE_OPEN, &statx, "");
	ask(Q_PARENT, SHARE_DIR, &none, "");
	ask(Q_PARENT, SHARE_ROOT, &none, "");
	ask(Q_SELF, SHARE_LINK, &none, "");
	ask(Q_READLINK, SHARE_LINK, &none, "");
	ask(Q_UNLINK, SHARE_DIR, &unlink, "");
	ask(Q_RENAME, SHARE_ROOT | SHARE_DIR << 8, &rename, "");
	ask(Q_RMDIR, SHARE_ROOT, &rmdir, "");
	ask(Q_SYNCFS, SHARE_ROOT, &none, "");
	ask_kept(Q_LOOKUP, use, SHARE_ROOT, &lookup, "");
	seed_keep("fuzz_worker", "names");
	memcpy(lookup.name, "../x", 5);
	worker_begin(0, 0);
	ask(Q_LOOKUP, FOREIGN_DIR, &lookup, "");
	ask(Q_LOOKUP, SHARE_DIR, &lookup, "");
	ask(Q_UNLINK, FOREIGN_DIR, &unlink, "");
	ask(Q_PARENT, SHARE_GONE, &none, "");
	seed_keep("fuzz_worker", "foreign");
	worker_begin(0, MSG_POLICY_HOST | MSG_POLICY_STRICT | 0x200);
	ask(Q_SELF, SHARE_FILE, &none, "");
	ask(Q_SELF, SHARE_GONE, &none, "");
	seed_keep("fuzz_worker", "strict");
}

static void
seeds_worker_files(void)
{
	struct q_open open = {.flags = O_RDWR};
	struct q_write write = {.off = 4};
	struct q_fallocate alloc = {.len = 100};
	struct q_copy copy = {.to_off = 10, .len = 4};
	struct q_setattr set = {.valid = MSG_SET_MODE | MSG_SET_UID |
		MSG_SET_SIZE | MSG_SET_ATIME_NOW | MSG_SET_MTIME,
	    .mode = 0600,
	    .uid = 7};
	struct q_readdirplus list = {.size = 4096, .entry_max = 100};
	struct q_ioctl ioctl = {.cmd = 0x80086601, .out_size = 8};
	struct q_setxattr setx = {.name = "user.a"};
	struct q_getxattr getx = {.size = 100, .name = "user.a"};
	struct q_listxattr listx = {.size = 100};
	struct q_removexattr rmx = {.name = "user.a"};
	struct q_ahead ahead = {.entry_max = 9};
	static const struct n_watch watch;
	static const struct q_opendir none;

	worker_begin(MSG_SHARE_XATTR, 0);
	ask(Q_OPEN, SHARE_FILE, &open, "");
	ask(Q_OPENDIR, SHARE_DIR, &none, "");
	ask(Q_WRITE, SHARE_OPEN, &write, "more");
	ask(Q_FALLOCATE, SHARE_OPEN, &alloc, "");
	ask(Q_COPY, SHARE_OPEN | SHARE_OPEN << 8, &copy, "");
	ask(Q_SETATTR, SHARE_FILE, &set, "");
	ask(Q_READDIRPLUS, SHARE_LIST, &list, "");
	ask(Q_AHEAD, SHARE_DIR, &ahead, "");
	ask(N_WATCH, FOREIGN_WATCH, &watch, "");
	ask(Q_AHEAD, SHARE_DIR, &ahead, "");
	ahead.flags = MSG_AHEAD_NODES | MSG_AHEAD_ATTR;
	ask(Q_AHEAD, SHARE_DIR, &ahead, "");
	ask(Q_IOCTL, SHARE_FILE, &ioctl, "");
	seed_keep("fuzz_worker", "files");
	worker_begin(MSG_SHARE_XATTR, 0x100);
	ask(Q_SETXATTR, SHARE_FILE, &setx, "value");
	ask(Q_GETXATTR, SHARE_FILE, &getx, "");
	ask(Q_LISTXATTR, SHARE_FILE, &listx, "");
	ask(Q_REMOVEXATTR, SHARE_FILE, &rmx, "");
	seed_keep("fuzz_worker", "xattr");
	worker_begin(0, 0);
	ask(Q_OPEN, FOREIGN_FILE, &open, "");
	ask(Q_OPEN, SHARE_FIFO, &open, "");
	ask(Q_WRITE, FOREIGN_PIPE, &write, "x");
	seed_u8(1);
	deed(3, 0, 0);
	seed_u8(1);
	seed_u16(16);
	seed_keep("fuzz_worker", "refused");
}

void
seeds_ipc(void)
{
	seeds_broker();
	seeds_hello();
	seeds_link();
	seeds_spawner();
	seeds_worker_files();
	seeds_worker_make();
	seeds_worker_names();
}
