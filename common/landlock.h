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

#ifndef VIOFSD_COMMON_LANDLOCK_H
#define VIOFSD_COMMON_LANDLOCK_H

/*
 * Knows: the landlock(7) system calls.
 * Never: a decision what to do where the kernel has no Landlock; callers log.
 */

/*
 * Forbid every filesystem right that this kernel's Landlock knows, except
 * beneath the directory rootfd (-1: no exception); from ABI 4 on also TCP,
 * from ABI 6 on signals and abstract sockets to outside.  rootfd stays the
 * caller's.  no_new_privs must be set.  Returns the ABI in force, 0 where the
 * kernel has none; fatal when the kernel has it but refuses.
 */
int	landlock_enter(int rootfd);

/*
 * The same without any exception, for a process that must be able to end its
 * children, which are outside: signals stay allowed.  A scoped process could
 * not even deliver their parent death signal (prctl(2), PR_SET_PDEATHSIG).
 */
int	landlock_enter_supervisor(void);

/*
 * As landlock_enter(), where no mount of its own says what the share is for:
 * beneath rootfd no program is executed and no device driver is spoken to and,
 * with readonly, no content and no name is changed.  The file exefd may be
 * executed, -1: none.
 */
int	landlock_enter_bare(int rootfd, int exefd, int readonly);

/* The ABI that landlock_enter() would find, 0 where there is none. */
int	landlock_abi(void);

#endif
