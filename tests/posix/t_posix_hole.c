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
 * Knows: holes, space, copies of ranges, and what of a file is where.
 * Never: mappings.
 */

#include "posix.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define BLOCK	65536

static char	 data[4 * BLOCK], got[4 * BLOCK];

/* A file of cnt blocks, each full of its letter. */
static int
lettered(const char *name, int cnt)
{
	int	 fd = px_open(name, O_RDWR | O_CREAT | O_TRUNC), i;

	for (i = 0; i < cnt; i++)
		memset(data + (size_t)i * BLOCK, 'A' + i, BLOCK);
	if (write(fd, data, (size_t)cnt * BLOCK) != (ssize_t)cnt * BLOCK)
		px_bail("write");
	return fd;
}

/* Whether the blocks of the file are these letters; '.' for zeros. */
static bool
reads(int fd, const char *letters)
{
	size_t	 cnt = strlen(letters), i, k;
	ssize_t	 len = pread(fd, got, sizeof(got), 0);

	if (len != (ssize_t)(cnt * BLOCK))
		return false;
	for (i = 0; i < cnt; i++)
		for (k = 0; k < BLOCK; k++)
			if (got[i * BLOCK + k] !=
			    (letters[i] == '.' ? '\0' : letters[i]))
				return false;
	return true;
}

static long long
blocks(int fd)
{
	struct stat	 st;

	return fstat(fd, &st) == 0 ? (long long)st.st_blocks : -1;
}

static void
group_seek(void)
{
	int	 fd;

	if (!px_can("seek-hole"))
		return;
	fd = px_open("f", O_RDWR | O_CREAT);
	FAILS(ENXIO, lseek(fd, 0, SEEK_DATA));
	FAILS(ENXIO, lseek(fd, 0, SEEK_HOLE));
	OK(ftruncate(fd, 4 * BLOCK));
	FAILS(ENXIO, lseek(fd, 0, SEEK_DATA));
	GIVES(0, lseek(fd, 0, SEEK_HOLE));
	GIVES(1, pwrite(fd, "x", 1, 2 * BLOCK));
	OK(fsync(fd));
	GIVES(2 * BLOCK, lseek(fd, 0, SEEK_DATA));
	GIVES(2 * BLOCK + 5, lseek(fd, 2 * BLOCK + 5, SEEK_DATA));
	GIVES(2 * BLOCK + 5, lseek(fd, 0, SEEK_CUR));
	GIVES(0, lseek(fd, 0, SEEK_HOLE));
	TRUE(lseek(fd, 2 * BLOCK, SEEK_HOLE) > 2 * BLOCK);
	TRUE(lseek(fd, 2 * BLOCK, SEEK_HOLE) <= 3 * BLOCK);
	FAILS(ENXIO, lseek(fd, 3 * BLOCK, SEEK_DATA));
	FAILS(ENXIO, lseek(fd, 4 * BLOCK, SEEK_DATA));
	FAILS(ENXIO, lseek(fd, 4 * BLOCK, SEEK_HOLE));
	FAILS(ENXIO, lseek(fd, 5 * BLOCK, SEEK_HOLE));
	FAILS(ENXIO, lseek(fd, -1, SEEK_DATA));
	GIVES(BLOCK, lseek(fd, BLOCK, SEEK_HOLE));
	close(fd);
}

/* What was just written is data, also where holes are not told. */
static void
group_data(void)
{
	int	 fd;

	fd = lettered("full", 2);
	GIVES(0, lseek(fd, 0, SEEK_DATA));
	GIVES(BLOCK + 1, lseek(fd, BLOCK + 1, SEEK_DATA));
	GIVES(2 * BLOCK, lseek(fd, 0, SEEK_HOLE));
	GIVES(2 * BLOCK, lseek(fd, BLOCK + 1, SEEK_HOLE));
	FAILS(ENXIO, lseek(fd, 2 * BLOCK, SEEK_DATA));
	FAILS(ENXIO, lseek(fd, 2 * BLOCK, SEEK_HOLE));
	close(fd);
}

static void
group_sparse(void)
{
	struct stat	 st;
	int		 fd = px_open("f", O_RDWR | O_CREAT);

	OK(ftruncate(fd, 1LL << 40));
	OK(fstat(fd, &st));
	GIVES(1LL << 40, st.st_size);
	TRUE(st.st_blocks < 100);
	GIVES(3, pwrite(fd, "end", 3, (1LL << 40) - 3));
	GIVES(3, pread(fd, got, 10, (1LL << 40) - 3));
	TRUE(memcmp(got, "end", 3) == 0);
	GIVES(10, pread(fd, got, 10, 1LL << 39));
	TRUE(memcmp(got, "\0\0\0\0\0\0\0\0\0\0", 10) == 0);
	OK(ftruncate(fd, 0));
	OK(fstat(fd, &st));
	GIVES(0, st.st_blocks);
	/* What is cut off does not come back. */
	GIVES(10, pwrite(fd, "0123456789", 10, 0));
	OK(ftruncate(fd, 3));
	OK(ftruncate(fd, 10));
	GIVES(10, pread(fd, got, 20, 0));
	TRUE(memcmp(got, "012\0\0\0\0\0\0\0", 10) == 0);
	close(fd);
}

static void
group_allocate(void)
{
	long long	 before;
	int		 fd, ro;

	if (!px_can("fallocate"))
		return;
	fd = px_open("f", O_RDWR | O_CREAT);
	OK(fallocate(fd, 0, 0, 2 * BLOCK));
	GIVES(2 * BLOCK, px_size("f"));
	TRUE(blocks(fd) >= 2 * BLOCK / 512);
	TRUE(reads(fd, ".."));
	OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 2 * BLOCK, BLOCK));
	GIVES(2 * BLOCK, px_size("f"));
	TRUE(blocks(fd) >= 3 * BLOCK / 512);
	OK(fallocate(fd, 0, BLOCK, BLOCK));
	GIVES(2 * BLOCK, px_size("f"));
	GIVES(0, posix_fallocate(fd, 0, 4 * BLOCK));
	GIVES(4 * BLOCK, px_size("f"));
	FAILS(EOPNOTSUPP, fallocate(fd, 0x4000, 0, 1));
	ro = px_open("f", O_RDONLY);
	FAILS(EBADF, fallocate(ro, 0, 0, 1));
	close(ro);
	close(fd);
	fd = lettered("g", 3);
	OK(fallocate(fd, 0, 0, 3 * BLOCK));
	TRUE(reads(fd, "ABC"));
	if (px_can("punch")) {
		before = blocks(fd);
		OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		    BLOCK, BLOCK));
		TRUE(reads(fd, "A.C"));
		TRUE(blocks(fd) <= before - BLOCK / 512);
		GIVES(3 * BLOCK, px_size("g"));
		OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		    10, 5));
		GIVES(20, pread(fd, got, 20, 0));
		TRUE(memcmp(got, "AAAAAAAAAA\0\0\0\0\0AAAAA", 20) == 0);
		OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		    2 * BLOCK, 10 * BLOCK));
		GIVES(3 * BLOCK, px_size("g"));
	}
	close(fd);
}

static void
group_zero(void)
{
	int	 fd;

	if (!px_can("zero"))
		return;
	fd = lettered("f", 3);
	OK(fallocate(fd, FALLOC_FL_ZERO_RANGE, BLOCK, BLOCK));
	TRUE(reads(fd, "A.C"));
	OK(fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
	    2 * BLOCK, 3 * BLOCK));
	TRUE(reads(fd, "A.."));
	OK(fallocate(fd, FALLOC_FL_ZERO_RANGE, 2 * BLOCK, 2 * BLOCK));
	GIVES(4 * BLOCK, px_size("f"));
	close(fd);
}

static void
group_collapse(void)
{
	int	 fd;

	if (!px_can("collapse"))
		return;
	fd = lettered("f", 4);
	OK(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, BLOCK, BLOCK));
	TRUE(reads(fd, "ACD"));
	GIVES(3 * BLOCK, px_size("f"));
	OK(fallocate(fd, FALLOC_FL_INSERT_RANGE, BLOCK, BLOCK));
	TRUE(reads(fd, "A.CD"));
	GIVES(4 * BLOCK, px_size("f"));
	FAILS(EINVAL, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 1, BLOCK));
	FAILS(EINVAL, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 3 * BLOCK,
	    BLOCK));
	FAILS(EINVAL, fallocate(fd, FALLOC_FL_INSERT_RANGE, 4 * BLOCK,
	    BLOCK));
	close(fd);
}

static void
group_copy(void)
{
	off_t	 in, out;
	int	 a, b, ro;

	if (!px_can("copy-range"))
		return;
	a = lettered("a", 3);
	b = px_open("b", O_RDWR | O_CREAT);
	ro = px_open("b", O_RDONLY);
	in = BLOCK;
	out = 0;
	GIVES(2 * BLOCK, copy_file_range(a, &in, b, &out, 2 * BLOCK, 0));
	GIVES(3 * BLOCK, in);
	GIVES(2 * BLOCK, out);
	TRUE(reads(b, "BC"));
	GIVES(0, copy_file_range(a, &in, b, &out, 10, 0));
	GIVES(0, lseek(a, 0, SEEK_SET));
	GIVES(2 * BLOCK, lseek(b, 0, SEEK_END));
	GIVES(BLOCK, copy_file_range(a, NULL, b, NULL, BLOCK, 0));
	GIVES(BLOCK, lseek(a, 0, SEEK_CUR));
	TRUE(reads(b, "BCA"));
	in = 0;
	out = 3 * BLOCK;
	GIVES(BLOCK, copy_file_range(b, &in, b, &out, BLOCK, 0));
	TRUE(reads(b, "BCAB"));
	in = out = 0;
	FAILS(EINVAL, copy_file_range(a, &in, a, &out, BLOCK, 0));
	FAILS(EBADF, copy_file_range(a, &in, ro, &out, 1, 0));
	FAILS(EINVAL, copy_file_range(a, &in, b, &out, 1, 1));
	GIVES(0, copy_file_range(a, &in, b, &out, 0, 0));
	OK(fcntl(b, F_SETFL, O_APPEND));
	FAILS(EBADF, copy_file_range(a, &in, b, &out, 1, 0));
	close(ro);
	ro = px_open(".", O_RDONLY | O_DIRECTORY);
	FAILS(EISDIR, copy_file_range(a, &in, ro, &out, 1, 0));
	close(a);
	close(b);
	close(ro);
}

static void
group_statfs(void)
{
	struct statvfs	 v, w;
	struct statfs	 s;
	int		 fd;

	px_file("f", "text", 0644);
	px_dir("d", 0755);
	fd = px_open("f", O_RDONLY);
	OK(statfs("f", &s));
	TRUE(s.f_bsize >= 512 && s.f_blocks > 0);
	TRUE(s.f_bfree <= s.f_blocks && s.f_bavail <= s.f_bfree);
	GIVES(NAME_MAX, s.f_namelen);
	OK(fstatvfs(fd, &v));
	OK(statvfs("d", &w));
	GIVES(v.f_blocks, w.f_blocks);
	GIVES(v.f_files, w.f_files);
	GIVES(v.f_bsize, w.f_bsize);
	TRUE(v.f_frsize > 0);
	GIVES(NAME_MAX, v.f_namemax);
	GIVES(NAME_MAX, pathconf("d", _PC_NAME_MAX));
	GIVES(PATH_MAX, pathconf("d", _PC_PATH_MAX));
	if (px_as(&px_carol)) {
		OK(statfs("f", &s));
		px_end();
	}
	close(fd);
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "seek", group_seek },
		{ "data", group_data },
		{ "sparse", group_sparse },
		{ "allocate", group_allocate },
		{ "zero", group_zero },
		{ "collapse", group_collapse },
		{ "copy", group_copy },
		{ "statfs", group_statfs },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
