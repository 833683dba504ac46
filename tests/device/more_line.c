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
 * Knows: command lines that must not start a daemon, and old ones that must.
 * Never: the table of options (tests/unit/test_conf*.c).
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "more.h"

#define MORE_WORDS	8

/* Behind a right --socket-path and --shared-dir; says: part of the line. */
static const struct more_line_bad {
	const char	*words[MORE_WORDS];
	const char	*says;
} more_line_bads[] = {
	{ { "--no-such" }, "--no-such" },
	{ { "stray" }, "stray" },
	{ { "--cache" }, "--cache" },
	{ { "--cache", "none" }, "--cache: 'none'" },
	{ { "--cache=" }, "--cache" },
	{ { "--readonly=yes" }, "--readonly" },
	{ { "--posix-acl=maybe" }, "--posix-acl" },
	{ { "--tag", "" }, "--tag" },
	{ { "--tag", "0123456789012345678901234567890123456" }, "--tag" },
	{ { "--tag=x", "--num-request-queues=0" },
	    "--num-request-queues: '0'" },
	{ { "--tag=x", "--num-request-queues=17" },
	    "--num-request-queues: '17'" },
	{ { "--num-request-queues=4" }, "--tag" },
	{ { "--thread-pool-size", "257" }, "--thread-pool-size: '257'" },
	{ { "--thread-pool-size=-1" }, "--thread-pool-size" },
	{ { "--rlimit-nofile", "700" }, "--rlimit-nofile: '700'" },
	{ { "--rlimit-nofile", "many" }, "--rlimit-nofile: 'many'" },
	{ { "--sandbox", "jail" }, "--sandbox: 'jail'" },
	{ { "--seccomp", "ask" }, "--seccomp: 'ask'" },
	{ { "--log-level", "loud" }, "--log-level: 'loud'" },
	{ { "--inode-file-handles=maybe" }, "--inode-file-handles" },
	{ { "--modcaps", "+nonsense" },
	    "'+nonsense' is no capability, only chown, dac_override," },
	{ { "--modcaps", "mknod" }, "--modcaps" },
	{ { "--modcaps", "+sys_ptrace" }, "sys_ptrace" },
	{ { "--modcaps=-chown", "--modcaps=-mknod" }, "more than once" },
	{ { "--modcaps=+sys_admin", "--seccomp=log" }, "--seccomp=log" },
	{ { "--xattrmap", "" }, "--xattrmap" },
	{ { "--xattrmap", ":foo:all:::" }, "--xattrmap" },
	{ { "--xattrmap", ":prefix:all:trusted.:user.v.:" }, "--xattrmap" },
	{ { "--xattrmap", ":prefix:some::user.v.:" }, "--xattrmap" },
	{ { "--xattrmap", ":map::user.v.::ok:all:::" }, "--xattrmap" },
	{ { "--xattrmap", ":ok:all::" }, "--xattrmap" },
	{ { "--xattrmap=:ok:all:::", "--xattrmap=:ok:all:::" },
	    "more than once" },
	{ { "--translate-uid", "map:0:1" }, "--translate-uid" },
	{ { "--translate-uid", "swap:0:1:1" }, "--translate-uid" },
	{ { "--translate-uid", "map:0:1:0" }, "--translate-uid" },
	{ { "--translate-uid", "map:4294967290:0:10" }, "--translate-uid" },
	{ { "--translate-gid", "map:0:1:4294967296" }, "--translate-gid" },
	{ { "--translate-uid=map:0:100:10", "--translate-uid=guest:5:1:1" },
	    "--translate-uid" },
	{ { "--translate-uid=map:0:1:1", "--posix-acl" }, "--posix-acl" },
	{ { "--uid-map", ":0:1000:" }, "--uid-map" },
	{ { "--gid-map", "0:0:1" }, "--gid-map" },
	{ { "--timeout", "-1" }, "--timeout: '-1'" },
	{ { "--timeout-attr", "soon" }, "--timeout-attr: 'soon'" },
	{ { "--timeout-negative", "99999999999" }, "--timeout-negative" },
	{ { "--timeout-entry", "." }, "--timeout-entry" },
	{ { "--fd", "3" }, "--fd" },
	{ { "--fd", "x" }, "--fd: 'x'" },
	{ { "--shared-dir", "/tmp" }, "more than once" },
	{ { "--socket-group", "no-such-group-here" }, "no-such-group-here" },
	{ { "--migration-mode", "guess" }, "--migration-mode" },
	{ { "--migration-on-error", "guess" }, "--migration-on-error" },
	{ { "--migration-mode=file-handles", "--migration-verify-handles" },
	    "--migration-verify-handles" },
	{ { "--migration-mode=file-handles", "--migration-confirm-paths" },
	    "--migration-confirm-paths" },
	{ { "-o", "nonsense" },
	    "'nonsense' is no option, only source=VALUE," },
	{ { "-o", "no_cache" }, "no_cache" },
	{ { "-o", "cache=sometimes" }, "sometimes" },
	{ { "-o", "xattr=yes" }, "xattr" },
	{ { "-o", "source=/tmp" }, "more than once" },
	{ { "-o", "timeout=never" }, "never" },
	{ { "-o" }, "-o" },
	{ { "-x" }, "-x" },
};

/* Old ways to say things, and what INIT tells the guest then. */
static const struct more_line_good {
	const char	*words[MORE_WORDS];
	uint64_t	 on, off;
} more_line_goods[] = {
	{ { "-o", "cache=always,xattr,flock,posix_lock,writeback", "-d",
	    "-f" }, FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS |
	    FUSE_WRITEBACK_CACHE | FUSE_DO_READDIRPLUS, FUSE_POSIX_ACL },
	{ { "-o", "cache=none,no_posix_lock,no_flock,no_writeback" }, 0,
	    FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS | FUSE_WRITEBACK_CACHE |
	    FUSE_DO_READDIRPLUS },
	{ { "-ocache=auto", "-o", "no_readdirplus,killpriv_v2" },
	    FUSE_HANDLE_KILLPRIV_V2, FUSE_DO_READDIRPLUS },
	{ { "-o", "xattr", "-o", "posix_acl,security_label", "-o",
	    "xattrmap=:map::user.a\\,b.:,log_level=debug" },
	    FUSE_POSIX_ACL | FUSE_DONT_MASK | FUSE_SETXATTR_EXT |
	    FUSE_SECURITY_CTX, 0 },
	{ { "-o", "no_announce_submounts,allow_root,max_idle_threads=5" },
	    0, FUSE_SUBMOUNTS },
	{ { "--announce-submounts", "--thread-pool-size=64",
	    "--sandbox=none", "--seccomp=none" }, FUSE_SUBMOUNTS, 0 },
	{ { "--allow-mmap", "--cache=never", "--no-killpriv-v2" },
	    FS_ALLOW_MMAP, FUSE_HANDLE_KILLPRIV_V2 | FS_ALLOW_IDMAP },
	{ { "--allow-idmap", "--cache=auto" }, FS_ALLOW_IDMAP,
	    FS_ALLOW_MMAP },
	{ { "--inode-file-handles=prefer", "--modcaps=-mknod:+sys_admin",
	    "--migration-mode=find-paths", "--migration-on-error=abort" },
	    0, 0 },
	{ { "--uid-map=:0:0:4294967295:", "--gid-map=:0:0:4294967295:",
	    "--no-readdirplus" }, 0, FUSE_DO_READDIRPLUS },
};

/* The text of the log and how many lines it has. */
static unsigned
more_line_log(struct daemon *d, char *text, size_t size)
{
	unsigned	 lines = 0;
	size_t		 len = 0, i;
	FILE		*f;

	f = fopen(d->log, "re");
	if (f != NULL) {
		len = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[len] = '\0';
	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

static void
more_line_refused(const struct more_line_bad *bad)
{
	struct daemon_opts	 o = { .more = bad->words };
	struct daemon		 d;
	char			 text[4096], line[256] = "";
	unsigned		 i, lines;

	for (i = 0; bad->words[i] != NULL; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
		    " '%s'", bad->words[i]);
	daemon_open(&d);
	daemon_start(&d, &o);
	tap_is(daemon_wait(&d, 10000), 1, "exit code of%s", line);
	lines = more_line_log(&d, text, sizeof(text));
	if (!tap_ok(lines == 1 && strstr(text, bad->says) != NULL,
	    "one line that names it"))
		tap_diag("%u lines, no %s in: %s", lines, bad->says, text);
	tap_is(access(d.sock, F_OK), -1, "no socket is left");
	daemon_close(&d);
}

static void
more_line_serves(const struct more_line_good *good)
{
	struct fuse_init_out	 out;
	struct box		 b;
	uint64_t		 got;

	if (more_start_bare(&b, good->words)) {
		tap_rc(fs_init_as(&b.fs, 7, 38, FS_INIT_FLAGS |
		    FS_ALLOW_MMAP | FS_ALLOW_IDMAP, &out), 0, "%s %s ... serves",
		    good->words[0], good->words[1]);
		got = out.flags | (uint64_t)out.flags2 << 32;
		tap_is((long long)(got & (good->on | good->off)),
		    (long long)good->on, "what the guest is told");
		tap_rc(fs_getattr(&b.fs, FUSE_ROOT_ID, NULL), 0, "getattr");
	}
	box_close(&b);
}

void
more_line(void)
{
	unsigned	 i;

	for (i = 0; i < sizeof(more_line_bads) / sizeof(more_line_bads[0]);
	    i++)
		more_line_refused(&more_line_bads[i]);
	for (i = 0; i < sizeof(more_line_goods) / sizeof(more_line_goods[0]);
	    i++)
		more_line_serves(&more_line_goods[i]);
}
