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
 * Knows: the walls of a worker, when they are removed.
 * Never: those of other processes.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include "../../fsworker/at.h"
#include "gone.h"

int	__real_at_claim(const struct a_whello *who, int fd, uint32_t *type);
int	__wrap_at_claim(const struct a_whello *who, int fd, uint32_t *type);
int	__real_at_claim_dir(const struct a_whello *who, int fd);
int	__wrap_at_claim_dir(const struct a_whello *who, int fd);
int	__real_at_claim_reg(const struct a_whello *who, int fd);
int	__wrap_at_claim_reg(const struct a_whello *who, int fd);
int	__real_at_below(const struct a_whello *who, int fd);
int	__wrap_at_below(const struct a_whello *who, int fd);
long	__real_syscall(long nr, ...);
long	__wrap_syscall(long nr, ...);

int
__wrap_at_claim(const struct a_whello *who, int fd, uint32_t *type)
{
	struct statx st;

	if (!gone("provenance"))
		return __real_at_claim(who, fd, type);
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE,
	    &st) == -1)
		return errno;
	*type = st.stx_mode & S_IFMT;
	return 0;
}

int
__wrap_at_claim_dir(const struct a_whello *who, int fd)
{
	return gone("provenance") ? 0 : __real_at_claim_dir(who, fd);
}

int
__wrap_at_claim_reg(const struct a_whello *who, int fd)
{
	return gone("provenance") ? 0 : __real_at_claim_reg(who, fd);
}

int
__wrap_at_below(const struct a_whello *who, int fd)
{
	return gone("provenance") || __real_at_below(who, fd);
}

/* openat2(2) as if it were openat(2), which follows what it finds. */
long
__wrap_syscall(long nr, ...)
{
	struct open_how how;
	long a[6];
	va_list ap;
	int i;

	va_start(ap, nr);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_openat2 && gone("resolve")) {
		how = *(const struct open_how *)a[2];
		how.resolve = 0;
		how.flags &= ~(uint64_t)O_NOFOLLOW;
		return __real_syscall(nr, a[0], a[1], &how, sizeof(how));
	}
	return __real_syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}
