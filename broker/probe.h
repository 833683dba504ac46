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

#ifndef VIOFSD_BROKER_PROBE_H
#define VIOFSD_BROKER_PROBE_H

/*
 * Knows: how to find out whether this kernel has a mechanism, by using it in
 * a child that then ends.
 * Never: who uses it (security.c).
 */

/* What a kernel can be asked for; the order of probe.c's table. */
enum probe {
	PROBE_NONE,		/* every kernel that we run on has it */
	PROBE_MNT, PROBE_PID, PROBE_NET, PROBE_IPC, PROBE_UTS, PROBE_CGROUP,
	PROBE_USER, PROBE_JAIL, PROBE_ROOT, PROBE_TREE, PROBE_PROCFS,
	PROBE_OPENAT2, PROBE_MNT_ID, PROBE_LL_FS, PROBE_LL_REFER,
	PROBE_LL_TRUNCATE, PROBE_LL_NET, PROBE_LL_IOCTL, PROBE_LL_SCOPE,
	PROBE_SECCOMP, PROBE_NNP, PROBE_MDWE, PROBE_MSEAL, PROBE_CLOSE_RANGE,
	PROBE_PIDFD,
	PROBE_CNT
};

/* 1 if it works here, 0 if not. */
int	probe_kernel(enum probe what);

#endif
