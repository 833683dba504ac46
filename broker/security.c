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
	unsigned int bare;	/* who without namespaces (bare.c) */
};

static const struct security_row security_rows[] = {
	{ "user id of its own, without privilege", PROBE_NONE, T | W, 0, 1, 0 },
	{ "capabilities given up and read back", PROBE_NONE, ALL, 0, 1, ALL },
	{ "no capability at all", PROBE_NONE, T, W, 1, ALL },
	{ "bounding set cut to what is held", PROBE_NONE, ALL, 0, 1, 0 },
	{ "mount namespace", PROBE_MNT, ALL, 0, 1, 0 },
	{ "pid namespace", PROBE_PID, S | T | W, 0, 1, 0 },
	{ "network namespace, empty", PROBE_NET, ALL, 0, 1, 0 },
	{ "ipc namespace", PROBE_IPC, ALL, 0, 1, 0 },
	{ "uts namespace", PROBE_UTS, ALL, 0, 1, 0 },
	{ "cgroup namespace", PROBE_CGROUP, ALL, 0, 1, 0 },
	{ "user namespace", PROBE_USER, 0, S | T | W, 0, 0 },
	{ "root of a pool, in a user namespace", PROBE_USER, 0, S | W, 0, 0 },
	{ "empty read-only root directory", PROBE_ROOT, ALL, 0, 1, 0 },
	{ "share as a detached tree, nosymfollow", PROBE_TREE, B | W, 0, 1, 0 },
	{ "share by an idmapped mount", PROBE_NONE, 0, 0, 0, 0 },
	{ "private procfs, processes only", PROBE_PROCFS, S | W, 0, 1, 0 },
	{ "openat2: beneath, no links", PROBE_OPENAT2, W, 0, 1, W },
	{ "mount ids that are never used again", PROBE_MNT_ID, W, 0, 0, W },
	{ "Landlock: files (ABI 1)", PROBE_LL_FS, B | T | W, 0, 0, ALL },
	{ "Landlock: moves between directories (2)", PROBE_LL_REFER,
	    B | T | W, 0, 0, ALL },
	{ "Landlock: truncation (3)", PROBE_LL_TRUNCATE, B | T | W, 0, 0, ALL },
	{ "Landlock: TCP (4)", PROBE_LL_NET, B | T | W, 0, 0, ALL },
	{ "Landlock: ioctl of devices (5)", PROBE_LL_IOCTL, B | T | W, 0, 0, ALL },
	{ "Landlock: abstract sockets (6)", PROBE_LL_SCOPE, B | T | W, 0, 0, ALL },
	{ "Landlock: signals (6)", PROBE_LL_SCOPE, T | W, 0, 0, S | T | W },
	{ "system call filter that kills", PROBE_SECCOMP, ALL, 0, 1, ALL },
	{ "no_new_privs", PROBE_NNP, ALL, 0, 1, ALL },
	{ "not dumpable, no core file", PROBE_NONE, ALL, 0, 1, ALL },
	{ "no memory written, then executed", PROBE_MDWE, ALL, 0, 0, ALL },
	{ "settings sealed in memory", PROBE_MSEAL, B | S | W, 0, 0, B | S | W },
	{ "limit of descriptors", PROBE_NONE, ALL, 0, 1, ALL },
	{ "limit of processes: none", PROBE_NONE, T | W, 0, 1, T | W },
	{ "limit of file size", PROBE_NONE, 0, 0, 0, 0 },
	{ "ends with its parent", PROBE_NONE, S | T | W, 0, 1, S | T | W },
	{ "stray descriptors closed", PROBE_CLOSE_RANGE, ALL, 0, 1, ALL },
	{ "children by pidfd", PROBE_PIDFD, B, 0, 1, B },
	{ "control group of its own", PROBE_NONE, 0, 0, 0, 0 },
};

#define SECURITY_CNT	(sizeof(security_rows) / sizeof(security_rows[0]))

/* Without namespaces there is nothing but Landlock between us and a file. */
static int
security_needed(const struct security_row *row, int bare)
{
	return row->needed || (bare && row->probe == PROBE_LL_FS);
}

static const char *
security_cell(const struct security_row *row, int have, int bare,
    unsigned int who)
{
	unsigned int users = bare ? row->bare : row->users;

	if (((users | row->users | row->asked) & who) == 0)
		return "-";
	if (bare && (users & who) == 0)
		return "no";
	if (!have)
		return security_needed(row, bare) ? "MISSING" : "lacking";
	return users & who ? "yes" : "option";
}

int
security_print(FILE *f, int bare)
{
	const struct security_row *row;
	struct utsname u;
	int have, missing = 0;
	size_t i;

	if (uname(&u) == -1)
		fatal("uname");
	fprintf(f, "viofsd %s on Linux %s %s%s\n\n", PACKAGE_VERSION,
	    u.release, u.machine, bare ? ", without namespaces" : "");
	fprintf(f, "%-41s %-8s %-8s %-9s %s\n", "mechanism", "broker",
	    "spawner", "transport", "worker");
	/* Else every child that probes would print it, too. */
	fflush(f);
	for (i = 0; i < SECURITY_CNT; i++) {
		row = &security_rows[i];
		have = (bare && row->bare == 0) || probe_kernel(row->probe);
		missing |= !have && security_needed(row, bare);
		fprintf(f, "%-41s %-8s %-8s %-9s %s\n", row->name,
		    security_cell(row, have, bare, B),
		    security_cell(row, have, bare, S),
		    security_cell(row, have, bare, T),
		    security_cell(row, have, bare, W));
		fflush(f);
	}
	fputs("\nyes: in force; option: in force if asked for, or for some "
	    "of them;\nlacking: this kernel does not have it; MISSING: the "
	    "same, and there is no\nservice without; -: not used\n", f);
	if (bare)
		fputs("no: needs a namespace, and none can be had here\n", f);
	return missing;
}
