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
 * Knows: which process uses which mechanism.
 * Never: how to find out what the kernel has (probe.c).
 */

#include "config.h"

#include <sys/utsname.h>

#include <stdio.h>

#include "../common/log.h"
#include "probe.h"
#include "security.h"

/* Who uses it. */
#define B	1u	/* broker */
#define S	2u	/* spawner */
#define T	4u	/* transport */
#define W	8u	/* worker */
#define ALL	(B | S | T | W)

struct security_row {
	const char *name;
	enum probe probe;
	unsigned int users;
	unsigned int asked;	/* ... and who when an option asks for it */
	int needed;		/* no service without */
};

static const struct security_row security_rows[] = {
	{ "user id of its own, without privilege", PROBE_NONE, T | W, 0, 1 },
	{ "capabilities given up and read back", PROBE_NONE, ALL, 0, 1 },
	{ "no capability at all", PROBE_NONE, T, W, 1 },
	{ "bounding set cut to what is held", PROBE_NONE, ALL, 0, 1 },
	{ "mount namespace", PROBE_MNT, ALL, 0, 1 },
	{ "pid namespace", PROBE_PID, S | T | W, 0, 1 },
	{ "network namespace, empty", PROBE_NET, ALL, 0, 1 },
	{ "ipc namespace", PROBE_IPC, ALL, 0, 1 },
	{ "uts namespace", PROBE_UTS, ALL, 0, 1 },
	{ "cgroup namespace", PROBE_CGROUP, ALL, 0, 1 },
	{ "user namespace", PROBE_USER, 0, S | T | W, 0 },
	{ "empty read-only root directory", PROBE_ROOT, ALL, 0, 1 },
	{ "share as a detached tree, nosymfollow", PROBE_TREE, B | W, 0, 1 },
	{ "share by an idmapped mount", PROBE_NONE, 0, 0, 0 },
	{ "private procfs, processes only", PROBE_PROCFS, S | W, 0, 1 },
	{ "openat2: beneath, no links", PROBE_OPENAT2, W, 0, 1 },
	{ "mount ids that are never used again", PROBE_MNT_ID, W, 0, 0 },
	{ "Landlock: files (ABI 1)", PROBE_LL_FS, B | T | W, 0, 0 },
	{ "Landlock: moves between directories (2)", PROBE_LL_REFER,
	    B | T | W, 0, 0 },
	{ "Landlock: truncation (3)", PROBE_LL_TRUNCATE, B | T | W, 0, 0 },
	{ "Landlock: TCP (4)", PROBE_LL_NET, B | T | W, 0, 0 },
	{ "Landlock: ioctl of devices (5)", PROBE_LL_IOCTL, B | T | W, 0, 0 },
	{ "Landlock: abstract sockets (6)", PROBE_LL_SCOPE, B | T | W, 0, 0 },
	{ "Landlock: signals (6)", PROBE_LL_SCOPE, T | W, 0, 0 },
	{ "system call filter that kills", PROBE_SECCOMP, ALL, 0, 1 },
	{ "no_new_privs", PROBE_NNP, ALL, 0, 1 },
	{ "not dumpable, no core file", PROBE_NONE, ALL, 0, 1 },
	{ "no memory written, then executed", PROBE_MDWE, ALL, 0, 0 },
	{ "settings sealed in memory", PROBE_MSEAL, B | S | W, 0, 0 },
	{ "limit of descriptors", PROBE_NONE, ALL, 0, 1 },
	{ "limit of processes: none", PROBE_NONE, T | W, 0, 1 },
	{ "limit of file size", PROBE_NONE, 0, 0, 0 },
	{ "ends with its parent", PROBE_NONE, S | T | W, 0, 1 },
	{ "stray descriptors closed", PROBE_CLOSE_RANGE, ALL, 0, 1 },
	{ "children by pidfd", PROBE_PIDFD, B, 0, 1 },
	{ "control group of its own", PROBE_NONE, 0, 0, 0 },
};

#define SECURITY_CNT	(sizeof(security_rows) / sizeof(security_rows[0]))

static const char *
security_cell(const struct security_row *row, int have, unsigned int who)
{
	if (((row->users | row->asked) & who) == 0)
		return "-";
	if (!have)
		return row->needed ? "MISSING" : "lacking";
	return row->users & who ? "yes" : "option";
}

int
security_print(FILE *f)
{
	const struct security_row *row;
	struct utsname u;
	int have, missing = 0;
	size_t i;

	if (uname(&u) == -1)
		fatal("uname");
	fprintf(f, "viofsd %s on Linux %s %s\n\n", PACKAGE_VERSION,
	    u.release, u.machine);
	fprintf(f, "%-41s %-8s %-8s %-9s %s\n", "mechanism", "broker",
	    "spawner", "transport", "worker");
	/* Else every child that probes would print it, too. */
	fflush(f);
	for (i = 0; i < SECURITY_CNT; i++) {
		row = &security_rows[i];
		have = probe_kernel(row->probe);
		missing |= !have && row->needed;
		fprintf(f, "%-41s %-8s %-8s %-9s %s\n", row->name,
		    security_cell(row, have, B), security_cell(row, have, S),
		    security_cell(row, have, T), security_cell(row, have, W));
		fflush(f);
	}
	fputs("\nyes: in force; option: in force if asked for, or for some "
	    "of them;\nlacking: this kernel does not have it; MISSING: the "
	    "same, and there is no\nservice without; -: not used\n", f);
	return missing;
}
