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
 * Knows: a good request of every opcode, with what must come before it, as
 * fuzz_fuse.c reads it.
 * Never: a bad one.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/msg.h"
#include "transport/fuse_proto.h"
#include "fsenv.h"
#include "seeds.h"

#define FILE_ID		2u		/* the first node that is entered */
#define HANDLE		(1ULL << 32)	/* the first handle */
#define ROOM		4096u
#define HONEST		0x80u

static uint32_t caller = 1000;

static void
request_ext(uint32_t opcode, uint64_t nodeid, const void *args, size_t len,
    uint16_t ext)
{
	struct fuse_in_header in;

	memset(&in, 0, sizeof(in));
	in.opcode = opcode;
	in.unique = 0x1234;
	in.nodeid = nodeid;
	in.uid = in.gid = caller;
	in.total_extlen = ext;
	seed_u8(0);
	seed_u8(0x01 | 0x08 * (opcode == FUSE_WRITE));
	seed_u8(0);
	seed_u16(ROOM);
	seed_u16((unsigned int)(sizeof(in) + len));
	seed_bytes(&in, sizeof(in));
	seed_bytes(args, len);
}

static void
request(uint32_t opcode, uint64_t nodeid, const void *args, size_t len)
{
	request_ext(opcode, nodeid, args, len, 0);
}

static void
answer(int error, unsigned int files, const char *tail)
{
	seed_u8(1);
	seed_u8(0);
	seed_u8((unsigned int)error);
	seed_u8(files);
	seed_u8(0);
	seed_u16((unsigned int)strlen(tail));
	seed_bytes(tail, strlen(tail));
}

static void
run(void)
{
	seed_u8(2);
	seed_u8(0);
}

/* ---- what comes before ---- */

static uint64_t session = FUSE_SUBMOUNTS | FUSE_CREATE_SUPP_GROUP |
    FUSE_PROTO_ALLOW_IDMAP | FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS |
    FUSE_SETXATTR_EXT;

static void
begin(uint32_t share)
{
	caller = 1000;
	seed_u8(ENV_READY);
	seed_u32(share);
	seed_u64(session);
}

/* Node FILE_ID is that file. */
static void
looked_up(uint32_t share, enum env_file file)
{
	begin(share);
	request(FUSE_LOOKUP, FUSE_ROOT_ID, "a", 2);
	answer(0, HONEST | file, "");
}

static void
opened(enum env_file file)
{
	struct fuse_open_in in = { .flags = 2 };

	looked_up(0, file);
	request(FUSE_OPEN, FILE_ID, &in, sizeof(in));
	answer(0, file, "");
}

static void
opened_dir(void)
{
	struct fuse_open_in in = { .flags = 0 };

	begin(0);
	request(FUSE_OPENDIR, FUSE_ROOT_ID, &in, sizeof(in));
	answer(0, ENV_DIR, "");
}

/* ---- requests by what they carry ---- */

/* A fixed part and names behind it, each with its NUL. */
static void
named(uint32_t opcode, const void *fixed, size_t len, const char *names,
    size_t names_len)
{
	uint8_t args[256];

	if (len > 0)
		memcpy(args, fixed, len);
	memcpy(args + len, names, names_len);
	request(opcode, FUSE_ROOT_ID, args, len + names_len);
}

/* The root is read ahead, and has one file that is known by its name. */
static void
seeds_ahead(void)
{
	struct {
		struct msg_dirent d;
		char name[8];
	} file = { .d = { .attr.zero = 1, .rec_len = sizeof(file),
	    .name_len = 1, .flags = MSG_DIRENT_NODE }, .name = "f" };
	struct a_ahead a = { .entry_cnt = 1, .end = 1 };
	unsigned int i;

	caller = 1000;
	seed_u8(ENV_READY | ENV_AHEAD);
	seed_u32(0);
	seed_u64(session);
	for (i = 0; i < 2; i++) {
		request(FUSE_LOOKUP, FUSE_ROOT_ID, "n", 2);
		answer(ENOENT, 0, "");
	}
	seed_u8(1);
	seed_u8(0);
	seed_u8(0);
	seed_u8(HONEST | 1);		/* one descriptor, ENV_SUID */
	seed_u8(sizeof(a));
	seed_bytes(&a, sizeof(a));
	seed_u16(sizeof(file));
	seed_bytes(&file, sizeof(file));
	request(FUSE_LOOKUP, FUSE_ROOT_ID, "f", 2);
	request(FUSE_LOOKUP, FUSE_ROOT_ID, "f", 2);
	request(FUSE_LOOKUP, FUSE_ROOT_ID, "n", 2);
	request(FUSE_UNLINK, FUSE_ROOT_ID, "f", 2);
	for (i = 0; i < 8; i++) {
		seed_u8(4);
		seed_u8(1);
		seed_u8(i);
		seed_u8("mfnma"[i % 5]);
		request(FUSE_LOOKUP, FUSE_ROOT_ID, "n", 2);
		request(FUSE_LOOKUP, FUSE_ROOT_ID, "f", 2);
	}
	seed_keep("fuzz_fuse", "ahead");
}

/* The root's is read ahead, and one file is known by attributes and seal. */
static void
seeds_said(void)
{
	struct {
		struct msg_dirent d;
		char bytes[40];
	} file = { .d = { .attr.ino = 77, .attr.mode = S_IFREG | 0644,
	    .attr.nlink = 1, .rec_len = sizeof(file), .name_len = 1,
	    .seal_len = 36, .flags = MSG_DIRENT_SEALED } };
	struct a_ahead a = { .entry_cnt = 1, .end = 1 };
	unsigned int i;

	memset(file.bytes, 's', 36);
	file.bytes[36] = 'f';
	caller = 0;
	seed_u8(ENV_READY | ENV_AHEAD);
	seed_u32(MSG_SHARE_HANDLES);
	seed_u64(session);
	for (i = 0; i < 2; i++) {
		request(FUSE_LOOKUP, FUSE_ROOT_ID, "a", 2);
		answer(0, HONEST | ENV_FILE, "");
	}
	seed_u8(1);
	seed_u8(0);
	seed_u8(0);
	seed_u8(HONEST);
	seed_u8(sizeof(a));
	seed_bytes(&a, sizeof(a));
	seed_u16(sizeof(file));
	seed_bytes(&file, sizeof(file));
	for (i = 0; i < 4; i++) {
		request(FUSE_LOOKUP, FUSE_ROOT_ID, "f", 2);
		seed_u8(4);
		seed_u8(1);
		seed_u8(i % 2 ? 4 : 0x80);
		seed_u8('f');
	}
	request(FUSE_GETATTR, FILE_ID + 1, "", 1);
	request(FUSE_UNLINK, FUSE_ROOT_ID, "f", 2);
	seed_keep("fuzz_fuse", "said");
}

static void
seeds_names(void)
{
	struct fuse_mknod_in mknod = { .mode = 0100644 };
	struct fuse_mkdir_in mkdir = { .mode = 0755 };
	struct fuse_create_in create = { .flags = 2, .mode = 0644 };
	struct fuse_rename_in rename = { .newdir = FUSE_ROOT_ID };
	struct fuse_rename2_in rename2 = { .newdir = FUSE_ROOT_ID, .flags = 1 };
	struct fuse_link_in link = { .oldnodeid = FILE_ID };

	looked_up(MSG_SHARE_SUBMOUNTS, ENV_DIR);
	seed_keep("fuzz_fuse", "lookup");
	looked_up(0, ENV_LINK);
	request(FUSE_READLINK, FILE_ID, NULL, 0);
	answer(0, 0, "target");
	seed_keep("fuzz_fuse", "readlink");
	begin(0);
	named(FUSE_MKNOD, &mknod, sizeof(mknod), "n", 2);
	answer(0, HONEST | ENV_FIFO, "");
	seed_keep("fuzz_fuse", "mknod");
	begin(0);
	named(FUSE_MKDIR, &mkdir, sizeof(mkdir), "d", 2);
	answer(0, HONEST | ENV_DIR, "");
	seed_keep("fuzz_fuse", "mkdir");
	begin(0);
	named(FUSE_SYMLINK, NULL, 0, "l\0target", 9);
	answer(0, HONEST | ENV_LINK, "");
	seed_keep("fuzz_fuse", "symlink");
	begin(0);
	named(FUSE_CREATE, &create, sizeof(create), "c", 2);
	answer(0, HONEST | ENV_FILE | ENV_FILE << 3, "");
	seed_keep("fuzz_fuse", "create");
	begin(0);
	named(FUSE_UNLINK, NULL, 0, "c", 2);
	answer(0, 0, "");
	named(FUSE_RMDIR, NULL, 0, "d", 2);
	answer(ENOTEMPTY, 0, "");
	seed_keep("fuzz_fuse", "unlink-rmdir");
	begin(0);
	named(FUSE_RENAME, &rename, sizeof(rename), "a\0b", 4);
	answer(0, 0, "");
	named(FUSE_RENAME2, &rename2, sizeof(rename2), "b\0a", 4);
	answer(EEXIST, 0, "");
	seed_keep("fuzz_fuse", "rename");
	looked_up(0, ENV_FILE);
	named(FUSE_LINK, &link, sizeof(link), "b", 2);
	answer(0, HONEST, "");
	seed_keep("fuzz_fuse", "link");
	begin(MSG_SHARE_READONLY);
	named(FUSE_MKDIR, &mkdir, sizeof(mkdir), "d", 2);
	seed_keep("fuzz_fuse", "readonly");
}

/* The privileged retry, and the groups of a creating caller. */
static void
seeds_rights(void)
{
	struct {
		struct fuse_mkdir_in in;
		char name[8];
		struct fuse_proto_ext ext;
		uint32_t cnt, gids[3];
	} groups = {
		.in = { .mode = 0755 },
		.name = "d",
		.ext = { sizeof(struct fuse_proto_ext) + 16,
		    FUSE_PROTO_EXT_GROUPS },
		.cnt = 2,
		.gids = { 20, 30 },
	};
	uint8_t args[64];
	size_t ext = sizeof(groups) - offsetof(__typeof__(groups), ext);

	begin(MSG_SHARE_TRUST_GUEST);
	named(FUSE_UNLINK, NULL, 0, "c", 2);
	answer(EACCES, 0, "");
	answer(0, 0, "");
	seed_keep("fuzz_fuse", "retry");
	begin(MSG_SHARE_TRUST_GUEST);
	memcpy(args, &groups.in, sizeof(groups.in));
	memcpy(args + sizeof(groups.in), "d", 2);
	memcpy(args + sizeof(groups.in) + 2, &groups.ext, ext);
	request_ext(FUSE_MKDIR, FUSE_ROOT_ID, args, sizeof(groups.in) + 2 +
	    ext, (uint16_t)(ext / 8));
	answer(EPERM, 0, "");
	answer(0, HONEST | ENV_DIR, "");
	seed_keep("fuzz_fuse", "groups");
	begin(MSG_SHARE_TRUST_GUEST);
	caller = FUSE_PROTO_INVALID_ID;
	named(FUSE_UNLINK, NULL, 0, "c", 2);
	answer(0, 0, "");
	seed_keep("fuzz_fuse", "no-id");
}

static void
seeds_data(void)
{
	struct fuse_read_in read = { .fh = HANDLE, .size = 100 };
	struct {
		struct fuse_write_in in;
		char data[100];
	} write = { .in = { .fh = HANDLE } };

	opened(ENV_FILE);
	request(FUSE_READ, FILE_ID, &read, sizeof(read));
	seed_keep("fuzz_fuse", "read");
	opened(ENV_FILE);
	seed_u8(3);			/* EAGAIN, then 40 bytes, then all */
	seed_u8(2);
	seed_u8(0xc1);
	seed_u8(0x80 + 40);
	request(FUSE_READ, FILE_ID, &read, sizeof(read));
	run();
	seed_keep("fuzz_fuse", "read-cold");
	opened(ENV_FILE);
	request(FUSE_WRITE, FILE_ID, &write, sizeof(write));
	seed_keep("fuzz_fuse", "write");
	opened(ENV_SUID);
	caller = 0;
	request(FUSE_WRITE, FILE_ID, &write, sizeof(write));
	answer(0, 0, "");
	seed_keep("fuzz_fuse", "write-keep");
}

static void
seeds_files(void)
{
	struct fuse_flush_in flush = { .fh = HANDLE };
	struct fuse_release_in release = { .fh = HANDLE };
	struct fuse_fsync_in fsync = { .fh = HANDLE, .fsync_flags = 1 };
	struct fuse_fallocate_in alloc = { .fh = HANDLE, .length = 10 };
	struct fuse_lseek_in lseek = { .fh = HANDLE, .whence = SEEK_DATA };
	struct fuse_copy_file_range_in copy = { .fh_in = HANDLE,
		.nodeid_out = FILE_ID, .fh_out = HANDLE, .len = 10 };

	opened(ENV_FILE);
	request(FUSE_FALLOCATE, FILE_ID, &alloc, sizeof(alloc));
	run();
	request(FUSE_FLUSH, FILE_ID, &flush, sizeof(flush));
	run();
	request(FUSE_RELEASE, FILE_ID, &release, sizeof(release));
	seed_keep("fuzz_fuse", "fallocate-flush-release");
	opened(ENV_SUID);
	caller = 0;
	request(FUSE_FALLOCATE, FILE_ID, &alloc, sizeof(alloc));
	answer(0, 0, "");
	request(FUSE_COPY_FILE_RANGE, FILE_ID, &copy, sizeof(copy));
	answer(0, 0, "");
	seed_keep("fuzz_fuse", "fallocate-copy-keep");
	opened(ENV_FILE);
	request(FUSE_FSYNC, FILE_ID, &fsync, sizeof(fsync));
	request(FUSE_LSEEK, FILE_ID, &lseek, sizeof(lseek));
	request(FUSE_COPY_FILE_RANGE, FILE_ID, &copy, sizeof(copy));
	run();
	run();
	run();
	seed_keep("fuzz_fuse", "fsync-lseek-copy");
}

static void
seeds_dirs(void)
{
	struct fuse_read_in read = { .fh = HANDLE, .size = 1000 };
	struct fuse_fsync_in fsync = { .fh = HANDLE };
	struct fuse_release_in release = { .fh = HANDLE };

	opened_dir();
	request(FUSE_READDIR, FUSE_ROOT_ID, &read, sizeof(read));
	request(FUSE_READDIRPLUS, FUSE_ROOT_ID, &read, sizeof(read));
	run();
	answer(0, 0, "");
	seed_keep("fuzz_fuse", "readdir");
	opened_dir();
	request(FUSE_READDIR, FUSE_ROOT_ID, &read, sizeof(read));
	request(FUSE_FSYNCDIR, FUSE_ROOT_ID, &fsync, sizeof(fsync));
	request(FUSE_RELEASEDIR, FUSE_ROOT_ID, &release, sizeof(release));
	seed_keep("fuzz_fuse", "releasedir");
}

static void
seeds_attr(void)
{
	struct fuse_getattr_in get = { .getattr_flags = FUSE_GETATTR_FH,
		.fh = HANDLE };
	struct fuse_setattr_in set = { .valid = FATTR_MODE | FATTR_MTIME,
		.mode = 0644 };

	opened(ENV_FILE);
	request(FUSE_GETATTR, FILE_ID, &get, sizeof(get));
	request(FUSE_SETATTR, FILE_ID, &set, sizeof(set));
	answer(0, HONEST, "");
	seed_keep("fuzz_fuse", "attr");
}

static void
seeds_session(void)
{
	struct fuse_init_in init = { .major = 7, .minor = 38,
		.flags = FUSE_INIT_EXT | FUSE_DO_READDIRPLUS };
	struct fuse_forget_in forget = { .nlookup = 1 };
	struct fuse_interrupt_in intr = { .unique = 0x1234 };
	struct fuse_syncfs_in syncfs = { .padding = 0 };
	struct {
		struct fuse_batch_forget_in in;
		struct fuse_forget_one one[2];
	} batch = { .in = { .count = 2 }, .one = { { FILE_ID, 1 } } };

	seed_u8(0);
	seed_u32(MSG_SHARE_SUBMOUNTS);
	seed_u64(0);
	request(FUSE_INIT, 0, &init, sizeof(init));
	request(FUSE_STATFS, FUSE_ROOT_ID, NULL, 0);
	run();
	request(FUSE_DESTROY, 0, NULL, 0);
	seed_keep("fuzz_fuse", "init-statfs-destroy");
	looked_up(0, ENV_FILE);
	request(FUSE_FORGET, FILE_ID, &forget, sizeof(forget));
	seed_keep("fuzz_fuse", "forget");
	looked_up(0, ENV_FILE);
	request(FUSE_BATCH_FORGET, 0, &batch, sizeof(batch));
	seed_keep("fuzz_fuse", "batch-forget");
	begin(0);
	request(FUSE_SYNCFS, FUSE_ROOT_ID, &syncfs, sizeof(syncfs));
	request(FUSE_INTERRUPT, 0, &intr, sizeof(intr));
	request(FUSE_INIT, 0, &init, sizeof(init));
	answer(0, 0, "");
	seed_keep("fuzz_fuse", "syncfs-interrupt-init");
}

static void
seeds_locks(void)
{
	struct fuse_lk_in lock = { .fh = HANDLE, .owner = 7,
		.lk = { .end = 9, .type = F_WRLCK } };
	struct fuse_lk_in flock = { .fh = HANDLE, .owner = 7,
		.lk = { .type = F_WRLCK }, .lk_flags = FUSE_LK_FLOCK };
	struct fuse_flush_in flush = { .fh = HANDLE, .lock_owner = 7 };
	struct fuse_interrupt_in intr = { .unique = 0x1234 };

	opened(ENV_FILE);
	request(FUSE_SETLK, FILE_ID, &lock, sizeof(lock));
	answer(0, ENV_FILE, "");
	request(FUSE_GETLK, FILE_ID, &lock, sizeof(lock));
	request(FUSE_FLUSH, FILE_ID, &flush, sizeof(flush));
	seed_keep("fuzz_fuse", "setlk-getlk");
	opened(ENV_OTHER);
	request(FUSE_SETLKW, FILE_ID, &flock, sizeof(flock));
	request(FUSE_INTERRUPT, 0, &intr, sizeof(intr));
	request(FUSE_SETLKW, FILE_ID, &lock, sizeof(lock));
	answer(0, ENV_OTHER, "");
	run();
	seed_keep("fuzz_fuse", "setlkw-interrupt");
}

static void
seeds_xattr(void)
{
	struct {
		struct fuse_setxattr_in in;
		char rest[16];
	} set = { .in = { .size = 3 }, .rest = "user.a\0val" };
	struct {
		struct fuse_getxattr_in in;
		char name[8];
	} get = { .in = { .size = 100 }, .name = "user.a" };
	struct fuse_getxattr_in list = { .size = 0 };

	begin(MSG_SHARE_XATTR);
	request(FUSE_SETXATTR, FUSE_ROOT_ID, &set, sizeof(set.in) + 10);
	answer(0, 0, "");
	request(FUSE_GETXATTR, FUSE_ROOT_ID, &get, sizeof(get.in) + 7);
	answer(0, 0, "val");
	request(FUSE_LISTXATTR, FUSE_ROOT_ID, &list, sizeof(list));
	answer(0, 0, "");
	request(FUSE_REMOVEXATTR, FUSE_ROOT_ID, "user.a", 7);
	answer(0, 0, "");
	seed_keep("fuzz_fuse", "xattr");
}

static void
seeds_misc(void)
{
	struct fuse_create_in create = { .flags = 2, .mode = 0644 };
	struct fuse_access_in access = { .mask = R_OK };
	struct fuse_ioctl_in ioctl = { .fh = HANDLE, .cmd = 0x80086601,
		.out_size = 8 };

	begin(0);
	request(FUSE_TMPFILE, FUSE_ROOT_ID, &create, sizeof(create));
	answer(0, HONEST | ENV_FILE | ENV_FILE << 3, "");
	seed_keep("fuzz_fuse", "tmpfile");
	begin(0);
	request(FUSE_ACCESS, FUSE_ROOT_ID, &access, sizeof(access));
	answer(EACCES, 0, "");
	seed_keep("fuzz_fuse", "access");
	opened(ENV_FILE);
	request(FUSE_IOCTL, FILE_ID, &ioctl, sizeof(ioctl));
	answer(0, 0, "12345678");
	seed_keep("fuzz_fuse", "ioctl");
	begin(0);
	request(FUSE_LOOKUP, FUSE_ROOT_ID, "..", 3);
	answer(0, HONEST | ENV_ROOT, "");
	request(FUSE_LOOKUP, FUSE_ROOT_ID, ".", 2);
	answer(0, HONEST | ENV_ROOT, "");
	seed_keep("fuzz_fuse", "lookup-dots");
}

/* More nodes than descriptors: the oldest keeps its seal only. */
static void
seeds_sealed(void)
{
	struct fuse_getattr_in get = { .getattr_flags = 0 };
	struct msg_seal seal;
	char tail[MSG_SEAL_LEN(9) + 1];
	unsigned int i;

	begin(MSG_SHARE_HANDLES);
	for (i = 0; i < ENV_LINK + 1u; i++) {
		memset(&seal, 0, sizeof(seal));
		memset(seal.mac, 1, sizeof(seal.mac));
		seal.mnt_id = 0x0101010101010101;
		seal.len = 9;
		request(FUSE_LOOKUP, FUSE_ROOT_ID, "a", 2);
		seed_u8(1);
		seed_u8(0);
		seed_u8(0);
		seed_u8(HONEST | i);
		seed_u8(0);
		seed_u16(MSG_SEAL_LEN(9));
		memcpy(tail, &seal, MSG_SEAL_LEN(9));
		seed_bytes(tail, MSG_SEAL_LEN(9));
	}
	request(FUSE_GETATTR, FILE_ID, &get, sizeof(get));
	answer(0, ENV_FILE, "");
	seed_keep("fuzz_fuse", "sealed");
}

void
seeds_fuse(void)
{
	seeds_attr();
	seeds_data();
	seeds_dirs();
	seeds_files();
	seeds_locks();
	seeds_misc();
	seeds_ahead();
	seeds_said();
	seeds_names();
	seeds_rights();
	seeds_sealed();
	seeds_session();
	seeds_xattr();
}
