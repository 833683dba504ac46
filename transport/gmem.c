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
 * Knows: where guest memory is mapped; the only file where a guest address
 * becomes a pointer, and the only one that handles SIGBUS.
 * Never: what the bytes mean; the contents of guest memory.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <linux/magic.h>

#include "gmem.h"
#include "sysfd.h"

#define GMEM_HUGE	(2UL << 20)	/* so that huge pages can be used */

static struct gmem *gmem_guarded;
static _Atomic int gmem_is_broken;

void
gmem_init(struct gmem *g)
{
	g->cnt = 0;
	g->last = 0;
}

/* The page size of the file, which hugetlbfs chooses. */
static uint64_t
gmem_page(int fd)
{
	struct statfs sfs;

	if (fstatfs(fd, &sfs) == 0 && sfs.f_type == HUGETLBFS_MAGIC)
		return (uint64_t)sfs.f_bsize;
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int
gmem_overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a < b + b_len && b < a + a_len;
}

static int
gmem_check(const struct gmem *g, int fd, const struct gmem_range *r)
{
	uint64_t end, mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1;
	const struct gmem_range *o;
	struct stat st;
	unsigned int i;

	if (r->len == 0 || ((r->gpa | r->len | r->uva | r->off) & mask) != 0)
		return EINVAL;
	if (__builtin_add_overflow(r->gpa, r->len, &end) ||
	    __builtin_add_overflow(r->uva, r->len, &end) ||
	    __builtin_add_overflow(r->off, r->len, &end))
		return EINVAL;
	if (sysfd_stat(fd, &st) == -1)
		return errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 ||
	    end > (uint64_t)st.st_size)
		return EINVAL;
	if (g->cnt == GMEM_REGION_MAX)
		return ENOSPC;
	for (i = 0; i < g->cnt; i++) {
		o = &g->regions[i].range;
		if (gmem_overlap(r->gpa, r->len, o->gpa, o->len) ||
		    gmem_overlap(r->uva, r->len, o->uva, o->len))
			return EEXIST;
	}
	return 0;
}

/*
 * Map at an address that is congruent with the file offset, else the kernel
 * can't use huge pages, and for hugetlbfs would refuse.
 */
static int
gmem_map(struct gmem_region *reg, int fd, uint64_t page)
{
	const struct gmem_range *r = &reg->range;
	uint64_t start, skip, align;
	uint8_t *room, *map;
	size_t len, room_len;
	int err;

	align = page > GMEM_HUGE ? page : GMEM_HUGE;
	start = r->off & ~(page - 1);
	/* The file is not shorter, so none of these can wrap. */
	len = (r->off - start + r->len + page - 1) & ~(page - 1);
	room_len = len + align;
	room = mmap(NULL, room_len, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return errno;
	skip = (start - (uint64_t)(uintptr_t)room) & (align - 1);
	map = mmap(room + skip, len, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, (off_t)start);
	if (map == MAP_FAILED) {
		err = errno;
		munmap(room, room_len);
		return err;
	}
	if (skip > 0)
		munmap(room, skip);
	if (align > skip)
		munmap(map + len, align - skip);
	reg->map = map;
	reg->map_len = len;
	reg->base = map + (r->off - start);
	return 0;
}

int
gmem_add(struct gmem *g, int fd, const struct gmem_range *range)
{
	struct gmem_region reg;
	unsigned int at;
	int err;

	err = gmem_check(g, fd, range);
	if (err != 0)
		return err;
	reg.range = *range;
	err = gmem_map(&reg, fd, gmem_page(fd));
	if (err != 0)
		return err;
	for (at = g->cnt; at > 0; at--) {
		if (g->regions[at - 1].range.gpa < range->gpa)
			break;
		g->regions[at] = g->regions[at - 1];
	}
	g->regions[at] = reg;
	g->cnt++;
	return 0;
}

int
gmem_del(struct gmem *g, const struct gmem_range *range)
{
	struct gmem_region *reg;
	unsigned int i;

	for (i = 0; i < g->cnt; i++) {
		reg = &g->regions[i];
		if (reg->range.gpa != range->gpa ||
		    reg->range.uva != range->uva ||
		    reg->range.len != range->len)
			continue;
		munmap(reg->map, reg->map_len);
		g->cnt--;
		memmove(reg, reg + 1, (g->cnt - i) * sizeof(*reg));
		return 0;
	}
	return ENOENT;
}

void
gmem_clear(struct gmem *g)
{
	unsigned int i;

	for (i = 0; i < g->cnt; i++)
		munmap(g->regions[i].map, g->regions[i].map_len);
	g->cnt = 0;
	if (g == gmem_guarded)
		atomic_store(&gmem_is_broken, 0);
}

void
gmem_move(struct gmem *to, struct gmem *from)
{
	gmem_clear(to);
	memcpy(to->regions, from->regions, from->cnt * sizeof(to->regions[0]));
	to->cnt = from->cnt;
	from->cnt = 0;
}

/* The region that holds gpa, or NULL. */
static const struct gmem_region *
gmem_find(struct gmem *g, uint64_t gpa)
{
	unsigned int lo = 0, hi = g->cnt, mid;
	const struct gmem_region *reg;

	/* Differences below are unsigned: an address before gpa is huge. */
	if (g->last < g->cnt) {
		reg = &g->regions[g->last];
		if (gpa - reg->range.gpa < reg->range.len)
			return reg;
	}
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		reg = &g->regions[mid];
		if (gpa - reg->range.gpa < reg->range.len) {
			g->last = mid;
			return reg;
		}
		if (gpa < reg->range.gpa)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

int
gmem_iov(struct gmem *g, uint64_t gpa, uint64_t len, struct iovec *iov,
    unsigned int iov_max, unsigned int *cnt)
{
	const struct gmem_region *reg;
	uint64_t end, off, part;

	*cnt = 0;
	if (__builtin_add_overflow(gpa, len, &end))
		return EFAULT;
	for (; len > 0; len -= part, gpa += part) {
		reg = gmem_find(g, gpa);
		if (reg == NULL)
			return EFAULT;
		if (*cnt == iov_max)
			return E2BIG;
		off = gpa - reg->range.gpa;
		part = reg->range.len - off;
		if (part > len)
			part = len;
		iov[*cnt].iov_base = reg->base + off;
		iov[*cnt].iov_len = part;
		(*cnt)++;
	}
	return 0;
}

void *
gmem_from_user(struct gmem *g, uint64_t uva, size_t len)
{
	const struct gmem_range *r;
	unsigned int i;
	uint64_t off;

	for (i = 0; i < g->cnt; i++) {
		r = &g->regions[i].range;
		off = uva - r->uva;
		if (off < r->len && len <= r->len - off)
			return g->regions[i].base + off;
	}
	return NULL;
}

/*
 * Runs in whatever thread touched the memory.  The table does not change
 * under it: regions come and go only while nobody uses guest memory.
 */
static void
gmem_sigbus(int sig, siginfo_t *info, void *context)
{
	const struct gmem_region *reg;
	struct sigaction sa;
	unsigned int i;
	uint8_t *addr;

	(void)context;
	addr = info->si_code > 0 ? info->si_addr : NULL;
	for (i = 0; addr != NULL && i < gmem_guarded->cnt; i++) {
		reg = &gmem_guarded->regions[i];
		if (addr < reg->map || addr >= reg->map + reg->map_len)
			continue;
		/* All of it: part of a huge page could not be replaced. */
		if (mmap(reg->map, reg->map_len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
		    -1, 0) == MAP_FAILED)
			break;
		atomic_store(&gmem_is_broken, 1);
		return;
	}
	/* Not guest memory: come again, and die of it without a handler. */
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_DFL;
	sigaction(sig, &sa, NULL);
}

int
gmem_guard(struct gmem *g)
{
	struct sigaction sa;

	gmem_guarded = g;
	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = gmem_sigbus;
	sa.sa_flags = SA_SIGINFO | SA_RESTART;
	sigemptyset(&sa.sa_mask);
	return sigaction(SIGBUS, &sa, NULL) == -1 ? errno : 0;
}

int
gmem_broken(void)
{
	return atomic_load_explicit(&gmem_is_broken, memory_order_relaxed);
}
