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

#ifndef VIOFSD_COMMON_MSG_H
#define VIOFSD_COMMON_MSG_H

#include <stdint.h>

#include "../common/cred.h"

/*
 * Knows: the wire format between viofsd's processes; the enum of messages is
 * generated from msg.def.
 * Never: host types on the wire, holes in a struct, or what a message does.
 */

#define MSG_NAME_MAX	256	/* a file name with its NUL (NAME_MAX + 1) */
#define MSG_PATH_MAX	4095	/* a symlink's target, without NUL */
#define MSG_TAIL_MAX	65536	/* longest variable part of any message */
#define MSG_DIRPLUS_MAX	128	/* entries (and descriptors) per READDIRPLUS */
#define MSG_AHEAD_MAX	64	/* entries with descriptors per AHEAD */
#define MSG_AHEAD_NAMES	256	/* entries without, per AHEAD */
#define MSG_FDS_MAX	128	/* most descriptors in one message */
#define MSG_MOUNTS_MAX	256	/* mounts that one share may consist of */
#define MSG_POOL_MAX	16	/* ranges of ids with a root of their own */
#define MSG_TAG_MAX	36	/* virtio-fs tag, virtio 1.2 section 5.11.4 */
#define MSG_IOCTL_MAX	512	/* bytes of an ioctl's argument */
#define MSG_HANDLE_MAX	128	/* bytes of a file handle, MAX_HANDLE_SZ */
#define MSG_MAC_LEN	16	/* bytes of a seal's authenticator */
#define MSG_KEY_LEN	32	/* bytes of the share's sealing key */
#define MSG_BUILD_ID	32	/* bytes of the hash over msg.def and msg.h */
#define MSG_KEPT	2	/* descriptors of a question to a worker */
#define MSG_KEEP_MAX	8192	/* nodes that a worker keeps, at most */
#define MSG_DROP_MAX	256	/* of them in one DROP */

/* First in every message; len counts the whole datagram. */
struct msg_hdr {
	uint16_t type;
	uint16_t fd_cnt;	/* descriptors that travel with this message */
	uint32_t len;
	uint32_t err;		/* answers: 0 or errno; otherwise 0 */
	uint32_t id;		/* answers repeat the id of their question */
	uint16_t kept[MSG_KEPT]; /* MSG_KEEP_*, questions to workers only */
	uint32_t give;		/* MSG_KEEP_*, where row->gives */
};

/*
 * A worker keeps descriptors of nodes under numbers that the transport chose.
 * kept[i] is 0, or says of descriptor i of a question, with a number below
 * MSG_KEEP_MAX:
 */
#define MSG_KEEP_PUT	0x4000u	/* it travels, and has this number then */
#define MSG_KEEP_USE	0x8000u	/* it has this number, and does not travel */
#define MSG_KEEP_OP(k)	((k) & 0xffffc000u)
#define MSG_KEEP_NR(k)	((k) & 0x3fffu)

/*
 * give is the same for the node that an answer introduces, its first
 * descriptor.  A question with it wants the node kept under that number, with
 * MSG_KEEP_USE also instead of being sent; the answer says what was done.
 */

enum msg_party {
	MSG_BROKER,
	MSG_TRANSPORT,
	MSG_FSWORKER,
	MSG_SPAWNER,
};

/* Phases of a channel; each side moves on by itself, see chan_phase(). */
enum msg_phase {
	MSG_PHASE_HELLO,	/* nothing but the first question */
	MSG_PHASE_READY,	/* identity known, jail being shut */
	MSG_PHASE_RUN,		/* serving */
	MSG_PHASE_SHUT,		/* no message is legal any more */
};

/* ---- transport and broker ---- */

struct q_hello {
	uint8_t build_id[MSG_BUILD_ID];
};

/* Cache policies, with virtiofsd's meaning. */
enum msg_cache {
	MSG_CACHE_AUTO,
	MSG_CACHE_ALWAYS,
	MSG_CACHE_NEVER,
	MSG_CACHE_METADATA,
};

/* a_hello.flags */
#define MSG_SHARE_READONLY	0x0001u	/* every writing opcode is EROFS */
#define MSG_SHARE_TAG		0x0002u	/* offer vhost-user CONFIG with tag */
#define MSG_SHARE_TRUST_GUEST	0x0004u	/* permissions guest: retry as root */
#define MSG_SHARE_SUBMOUNTS	0x0008u	/* announce submounts */
#define MSG_SHARE_XATTR		0x0010u	/* extended attributes are served */
#define MSG_SHARE_POSIX_ACL	0x0020u	/* ... and ACLs, umask done here */
#define MSG_SHARE_LABEL		0x0040u	/* security label with each create */
#define MSG_SHARE_KILLPRIV_V2	0x0080u
#define MSG_SHARE_WRITEBACK	0x0100u
#define MSG_SHARE_DIRECT_IO	0x0200u	/* the guest's O_DIRECT counts */
#define MSG_SHARE_ALLOW_MMAP	0x0400u	/* DIRECT_IO_ALLOW_MMAP */
#define MSG_SHARE_NO_PLUS	0x0800u	/* no READDIRPLUS */
#define MSG_SHARE_NOATIME	0x1000u	/* the guest's O_NOATIME counts */
#define MSG_SHARE_FLOCK		0x2000u	/* flock(2) locks are the host's */
#define MSG_SHARE_POSIX_LOCK	0x4000u	/* fcntl(2) locks are the host's */
#define MSG_SHARE_NO_READDIR	0x8000u	/* directories look empty */
#define MSG_SHARE_SEAL_SIZE	0x10000u	/* no file changes its size */
#define MSG_SHARE_HANDLES	0x20000u	/* workers send seals */
#define MSG_SHARE_HANDLES_ONLY	0x40000u	/* ... or fail: mandatory */
#define MSG_SHARE_CAPS_MAPPED	0x80000u /* security.capability: renamed */
#define MSG_SHARE_ALLOW_IDMAP	0x100000u /* requests without ids */
#define MSG_SHARE_NO_OPEN	0x200000u /* OPEN is ENOSYS */
#define MSG_SHARE_NO_OPENDIR	0x400000u /* OPENDIR is ENOSYS */
#define MSG_SHARE_ONE_USER	0x800000u /* none but root's exists */
#define MSG_SHARE_OWN_GROUPS	0x1000000u /* groups are the starter's */
#define MSG_SHARE_BARE		0x2000000u /* no namespaces: one user */
#define MSG_SHARE_FLAGS		0x3ffffffu

/* a_hello.policy and a_whello.policy: whose rights count, what is not done */
#define MSG_POLICY_HOST		0x0001u	/* the host's answer is final */
#define MSG_POLICY_STRICT	0x0002u	/* ... and nodes are walked to */
#define MSG_POLICY_GROUPS	0x0004u	/* groups from the guest may count */
#define MSG_POLICY_ROOT		0x0008u	/* host: guest root has root workers */
#define MSG_POLICY_SQUASH	0x0010u	/* host: everybody is root_uid */
#define MSG_POLICY_NO_DEVICES	0x0020u	/* no device node is made */
#define MSG_POLICY_NO_SETID	0x0040u	/* nor a set-id file */
#define MSG_POLICY_NO_LINKS	0x0080u	/* nor a link to another's file */
#define MSG_POLICY_ALL		0x00ffu

#define MSG_SHARE_NAME		64	/* of a share in the log, with NUL */

/* How long the guest may believe something; both 0: not at all. */
struct msg_timeout {
	uint32_t sec;
	uint32_t nsec;
};

/* Host users whose retries, and root, are up to a CRED_POOL worker. */
struct msg_pool {
	uint32_t first, last;	/* users, ends included */
	uint32_t gid;		/* of that worker; it is user first */
	uint32_t zero;
};

/* [0] listening vhost-user socket, [1] O_PATH root of the share */
struct a_hello {
	uint32_t flags;		/* MSG_SHARE_* */
	uint32_t cache;		/* enum msg_cache */
	uint32_t io_thread_cnt;	/* threads for file I/O that may block, >= 1 */
	uint32_t worker_max;	/* worker processes at the same time */
	uint32_t nofile;	/* descriptors the transport may hold */
	uint32_t log_level;	/* syslog(3) priority */
	uint32_t seccomp;	/* enum sandbox_action */
	uint32_t queue_cnt;	/* request queues to announce, >= 1 */
	uint32_t keep_max;	/* numbers for nodes that a worker keeps */
	uint32_t pool_cnt;	/* of pools, below */
	uint64_t root_mnt_id;	/* mount id of the share root, statx(2) */
	struct msg_timeout entry, attr, dir_entry, dir_attr, negative;
	uint32_t idmap_cnt;	/* rules in the tail, struct idmap_rule */
	uint32_t policy;	/* MSG_POLICY_* */
	uint32_t root_uid;	/* host ids of guest root, or of everybody, */
	uint32_t root_gid;	/* with MSG_POLICY_HOST, _SHARE_BARE; else 0 */
	char name[MSG_SHARE_NAME];	/* for the log */
	char tag[MSG_TAG_MAX];	/* padded with NUL, not always terminated */
	uint8_t pad[4];
	struct msg_pool pools[MSG_POOL_MAX];	/* with a root of their own */
};

struct q_wget {
	struct cred cred;
};

/* [0] transport's end of the channel, [1] to [3] its ring (mring.h) */
struct a_wget {
	uint32_t worker_id;
	uint32_t zero;
};

/*
 * A file handle (name_to_handle_at(2)) that a worker made and authenticated,
 * so that the broker opens no other: the MAC is HMAC-SHA256, cut, over
 * everything behind it up to the end of the handle.
 */
struct msg_seal {
	uint8_t mac[MSG_MAC_LEN];
	uint64_t mnt_id;	/* the jail's mount, as statx(2) gives it */
	int32_t type;
	uint32_t len;		/* 1..MSG_HANDLE_MAX */
	uint8_t handle[MSG_HANDLE_MAX];	/* NUL behind len */
};

/* In a tail a seal is sent without its unused end. */
#define MSG_SEAL_MAX	160
#define MSG_SEAL_LEN(n)	(32u + (n))

struct q_hopen {
	struct msg_seal seal;
};

struct a_hopen {
	uint32_t zero;
};

struct n_wput {
	uint32_t worker_id;
	uint32_t zero;
};

struct n_quit {
	uint32_t zero;
};

/* ---- fsworker and broker ---- */

struct q_whello {
	uint8_t build_id[MSG_BUILD_ID];
};

/*
 * [0] worker's end of the channel to the transport, [1] O_PATH share root,
 * [2] to [4] that channel's ring
 */
struct a_whello {
	struct cred cred;	/* what the worker must find itself to be */
	uint64_t caps;		/* exact effective and permitted set */
	uint32_t flags;		/* MSG_SHARE_* */
	uint32_t log_level;
	uint32_t seccomp;
	uint32_t mount_cnt;	/* 1..MSG_MOUNTS_MAX, [0] is the root's */
	uint64_t mounts[MSG_MOUNTS_MAX];	/* ids as statx(2) gives them */
	uint32_t unique_ids;	/* 1: STATX_MNT_ID_UNIQUE, 0: STATX_MNT_ID */
	uint32_t idmap_cnt;	/* rules in the tail, struct idmap_rule */
	uint32_t xattrmap_len;	/* bytes behind them: the map's text */
	uint32_t policy;	/* MSG_POLICY_* */
	uint32_t keep_max;	/* numbers for nodes that it keeps */
	uint32_t zero;
	uint64_t walk_ns;	/* strict: how long a walk is believed */
	uint8_t seal_key[MSG_KEY_LEN];
};

/* Identity as the kernel reports it, after the jail is shut. */
struct n_wready {
	uint32_t ruid, euid, suid, fsuid;
	uint32_t rgid, egid, sgid, fsgid;
	struct cred groups;	/* only gid_cnt and gids are used */
	uint64_t cap_eff, cap_prm, cap_inh, cap_bnd, cap_amb;
	uint32_t no_new_privs;
	uint32_t dumpable;
	uint32_t landlock;	/* ABI in force, 0 = none */
	uint32_t zero;
	uint64_t userns;	/* inode of its user namespace */
};

/* ---- broker and spawner ---- */

/* [no descriptors] */
struct n_sready {
	uint64_t cap_eff, cap_prm, cap_inh;
	uint32_t no_new_privs;
	uint32_t pid;		/* as the spawner sees itself: 1 */
	uint64_t userns;	/* inode of its user namespace */
};

/* [0] the child's end of its channel to the broker */
struct q_spawn {
	struct cred cred;
	uint32_t worker_id;
	uint32_t zero;
};

struct a_spawn {
	uint32_t pid;		/* in the jail's pid namespace */
	uint32_t zero;
};

struct n_skill {
	uint32_t worker_id;
	uint32_t zero;
};

struct n_wexit {
	uint32_t worker_id;
	uint32_t status;	/* as waitpid(2) gives it */
};

#include "../common/msg_file.h"

/* ---- generated from msg.def ---- */

#define MSG_UPTO(n)	(0x8000u | (n))

enum msg_type {
	MSG_NONE = 0,
#define RPC(V, v, num, from, to, qf, af, qt, at, ph, text) \
	Q_##V = (num), A_##V = (num) + 1,
#define MSG(V, v, num, from, to, f, t, ph, text) N_##V = (num),
#include "../common/msg.def"
#undef RPC
#undef MSG
};

/* What a message of one type must look like. */
struct msg_row {
	const char *name;	/* "Q_LOOKUP" */
	const char *meaning;
	uint16_t type;
	uint16_t fds;		/* exact count, or MSG_UPTO(n) */
	uint32_t body_len;
	uint32_t tail_max;
	uint8_t from, to;	/* enum msg_party */
	uint8_t phase;		/* enum msg_phase; not used for answers */
	uint8_t answer;		/* 1 if this is an A_ row */
	uint8_t gives;		/* 1: the answer introduces one node */
};

/* All rows, questions and answers, in the order of their numbers. */
extern const struct msg_row msg_rows[];
extern const unsigned int msg_row_cnt;

/* Longest fixed body of any message; checked at compile time. */
#define MSG_BODY_MAX	2432

/* Hash of msg.def and msg.h; both ends of a channel must have the same. */
extern const uint8_t msg_build_id[MSG_BUILD_ID];

/* The row of one type, or NULL if there is none. */
const struct msg_row *msg_row(uint16_t type);

/*
 * Is name one component that a worker may hand to the kernel: 1..255 bytes,
 * NUL-terminated and NUL-padded within MSG_NAME_MAX, no '/', not "." or ".."?
 * Returns 0, EINVAL or ENAMETOOLONG (no NUL).
 */
int	msg_name_check(const char name[MSG_NAME_MAX]);

#endif
