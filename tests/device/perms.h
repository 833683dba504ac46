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

#ifndef VIOFSD_DEVICE_PERMS_H
#define VIOFSD_DEVICE_PERMS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "../frontend/box.h"
#include "../frontend/tap.h"

/*
 * The property: with --permissions host or strict a guest that claims to be
 * anybody can do nothing on the share that a process of the host with the same
 * ids cannot do on a copy of the same tree.  Two trees, one behind the daemon;
 * the same operation on both; the same outcome, and the same trees afterwards.
 */

#define PERMS_PATH	128
#define PERMS_OBJ_MAX	96
#define PERMS_GROUPS	4

enum perms_kind {
	PERMS_LOOKUP, PERMS_OPEN, PERMS_CREATE, PERMS_MKDIR, PERMS_MKNOD,
	PERMS_SYMLINK, PERMS_UNLINK, PERMS_RMDIR, PERMS_RENAME, PERMS_LINK,
	PERMS_CHMOD, PERMS_CHOWN, PERMS_TRUNCATE, PERMS_TIMES, PERMS_READDIR,
	PERMS_READLINK, PERMS_GETXATTR, PERMS_SETXATTR, PERMS_DELXATTR,
	PERMS_LISTXATTR, PERMS_ACCESS, PERMS_KINDS
};

extern const char *const perms_names[PERMS_KINDS];

/* One operation: an object or a directory and a name in it, and so on. */
struct perms_op {
	uint32_t	 kind;
	uint32_t	 a, b;		/* mode, flags, ids, size, mask */
	char		 path[PERMS_PATH];	/* "" is the root */
	char		 path2[PERMS_PATH];	/* RENAME, LINK: directory */
	char		 name[32], name2[32];
};

/* What came of it: a positive errno or 0, and a sum of what was read. */
struct perms_result {
	int		 err;
	uint64_t	 sum;
};

/* Who: what the guest claims, and what a host process has then. */
struct perms_who {
	uint32_t	 uid, gid;	/* in the header of the request */
	bool		 forged;	/* no process of the host is that */
	uint32_t	 run_uid, run_gid;
	uint32_t	 group_cnt;
	gid_t		 groups[PERMS_GROUPS];
};

/* --- random numbers (perms_tree.c) --- */

extern uint64_t	 perms_seed;
uint32_t	perms_rand(uint32_t below);
#define PERMS_PICK(list) \
	((list)[perms_rand(sizeof(list) / sizeof((list)[0]))])

extern const uint32_t	 perms_uids[6], perms_gids[6];

uint64_t	perms_sum(uint64_t sum, const void *data, size_t len);

/* --- trees (perms_tree.c) --- */

struct perms_obj {
	char		 path[PERMS_PATH];
	mode_t		 mode;
};

struct perms_tree {
	const char	*top[2];	/* the share, and its copy */
	unsigned	 cnt;		/* objects, the root not counted */
	struct perms_obj obj[PERMS_OBJ_MAX];
};

/* Make both trees empty, then the same random one in both. */
void	perms_plant(struct perms_tree *);

/* Read the list of objects again. */
void	perms_scan(struct perms_tree *);

/*
 * Are the trees the same: types, modes, owners, sizes, links, and with full
 * also contents and attributes?  Says where they differ.
 */
bool	perms_same(const struct perms_tree *, bool full);

/* --- the host's side (perms_ref.c) --- */

/*
 * Do it on the copy, in a process of these ids.  walk: by name, from the root
 * on; otherwise on descriptors that root has opened.
 */
void	perms_host(const struct perms_who *, const struct perms_op *,
	    bool walk, struct perms_result *);
void	perms_host_start(const char *top);
void	perms_host_end(void);

/* --- the guest's side (perms_guest.c) --- */

/*
 * Do it on the share, on nodes that any user has found.  Returns false if
 * nobody can find them.
 */
bool	perms_guest(struct fs *, const struct perms_who *,
	    const struct perms_op *, struct perms_result *);

/* Nodes that were found may have other names now; or the tree is new. */
void	perms_guest_forget(struct fs *);

/* Whom the guest claims to be while it looks for nodes. */
void	perms_guest_finders(const struct perms_who *, unsigned cnt);

#endif
