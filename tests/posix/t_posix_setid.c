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
 * Knows: when set-user-id and set-group-id bits go.
 * Never: what they do to a program that is run.
 */

#include "posix.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Opened by the parent, for calls on a descriptor. */
static int	 fd;
static char	 byte = 'x';

static int
do_write(void)
{
	return pwrite(fd, &byte, 1, 0) == 1 ? 0 : -1;
}

static int
do_append(void)
{
	return pwrite(fd, &byte, 1, 10000) == 1 ? 0 : -1;
}

static int
do_nothing(void)
{
	return pwrite(fd, &byte, 0, 0) == 0 && pread(fd, &byte, 1, 0) == 1 ?
	    0 : -1;
}

static int
do_truncate(void)
{
	return truncate("f", 2);
}

static int
do_ftruncate(void)
{
	return ftruncate(fd, 20);
}

static int
do_open_trunc(void)
{
	int	 other = open("f", O_WRONLY | O_TRUNC);

	return other == -1 ? -1 : close(other);
}

static int
do_fallocate(void)
{
	return fallocate(fd, 0, 0, 9000);
}

static int
do_punch(void)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 2);
}

static int
do_copy(void)
{
	off_t	 in = 0, out = 1;

	return copy_file_range(fd, &in, fd, &out, 1, 0) == 1 ? 0 : -1;
}

static int
do_open(void)
{
	int	 other = open("f", O_RDWR);

	return other == -1 ? -1 : close(other);
}

static int
do_times(void)
{
	return utimensat(AT_FDCWD, "f", NULL, 0);
}

/* What one who does not own the file and may write it does to the bits. */
static const struct {
	const char	*name, *needs;
	int		(*run)(void);
	bool		 clears;
	const char	*root;		/* what root needs to keep them */
} rows[] = {
	{ "write", NULL, do_write, true, NULL },
	{ "write behind the end", NULL, do_append, true, NULL },
	{ "write nothing, read", NULL, do_nothing, false, NULL },
	{ "truncate", NULL, do_truncate, true, NULL },
	{ "ftruncate", NULL, do_ftruncate, true, NULL },
	{ "open O_TRUNC", NULL, do_open_trunc, true, "root-setid-trunc" },
	{ "fallocate", "fallocate", do_fallocate, true,
	    "root-setid-space" },
	{ "punch a hole", "punch", do_punch, true, "root-setid-space" },
	{ "copy_file_range", "copy-range", do_copy, true,
	    "root-setid-space" },
	{ "open", NULL, do_open, false, NULL },
	{ "set times to now", NULL, do_times, false, NULL },
};

static const struct {
	mode_t	 before, after;
} modes[] = {
	{ 04777, 0777 },
	{ 02777, 0777 },
	{ 06777, 0777 },
	{ 02767, 02767 },	/* without group execution it means no such */
	{ 05777, 01777 },
};

static void
group_data(void)
{
	size_t	 i, m;

	for (i = 0; i < PX_CNT(rows); i++)
		for (m = 0; m < PX_CNT(modes); m++) {
			px_at("%s on mode %05o", rows[i].name,
			    (unsigned)modes[m].before);
			if (rows[i].needs != NULL && !px_can(rows[i].needs))
				continue;
			if (rows[i].clears && !px_can("setid"))
				continue;
			px_file("f", "some text", 0666);
			px_own("f", PX_BOB, PX_ALICE, modes[m].before);
			if (px_as(&px_alice)) {
				fd = px_open("f", O_RDWR);
				OK(rows[i].run());
				GIVES(rows[i].clears ? modes[m].after :
				    modes[m].before, px_mode("f"));
				px_end();
			}
			GIVES(rows[i].clears ? modes[m].after :
			    modes[m].before, px_mode("f"));
			px_remove("f");
		}
}

/* Set-group-id may stay where it is no such; set-user-id may not. */
static void
group_both(void)
{
	size_t	 i;

	for (i = 0; i < PX_CNT(rows); i++) {
		px_at("%s on mode 06767", rows[i].name);
		if (!rows[i].clears || !px_can("setid") ||
		    (rows[i].needs != NULL && !px_can(rows[i].needs)))
			continue;
		px_file("f", "some text", 0666);
		px_own("f", PX_BOB, PX_TEAM, 06767);
		if (px_as(&px_alice)) {
			fd = px_open("f", O_RDWR);
			OK(rows[i].run());
			px_end();
		}
		GIVES(0767, px_mode("f") & ~02000);
		px_remove("f");
	}
}

/* Root keeps them, whatever it does. */
static void
group_root(void)
{
	size_t	 i;

	for (i = 0; i < PX_CNT(rows); i++) {
		px_at("%s by root", rows[i].name);
		if ((rows[i].needs != NULL && !px_can(rows[i].needs)) ||
		    (rows[i].root != NULL && !px_can(rows[i].root)))
			continue;
		px_file("f", "some text", 0666);
		px_own("f", PX_BOB, PX_TEAM, 06777);
		fd = px_open("f", O_RDWR);
		OK(rows[i].run());
		GIVES(06777, px_mode("f"));
		close(fd);
		px_remove("f");
	}
}

static void
group_chown(void)
{
	px_file("f", "some text", 0755);
	px_own("f", PX_ALICE, PX_ALICE, 06755);
	px_at("chown by the owner");
	if (px_as(&px_alice)) {
		OK(chown("f", (uid_t)-1, PX_TEAM));
		GIVES(0755, px_mode("f"));
		OK(chmod("f", 06755));
		GIVES(06755, px_mode("f"));
		OK(chown("f", PX_ALICE, PX_TEAM));
		GIVES(0755, px_mode("f"));
		OK(chown("f", (uid_t)-1, PX_ALICE));
		OK(chmod("f", 02745));
		OK(chown("f", (uid_t)-1, PX_ALICE));
		GIVES(02745, px_mode("f"));
		px_end();
	}
	px_at("chown by root");
	OK(chmod("f", 06755));
	OK(chown("f", PX_BOB, PX_BOB));
	GIVES(0755, px_mode("f"));
	px_dir("d", 0755);
	OK(chmod("d", 07755));
	OK(chown("d", PX_ALICE, PX_TEAM));
	GIVES(07755, px_mode("d"));
	if (px_as(&px_alice)) {
		OK(chown("d", (uid_t)-1, PX_ALICE));
		GIVES(07755, px_mode("d"));
		px_end();
	}
}

static void
group_chmod(void)
{
	px_file("f", "some text", 0755);
	px_dir("d", 0755);
	px_own("f", PX_ALICE, PX_CLUB, 0755);
	px_own("d", PX_ALICE, PX_CLUB, 0755);
	px_at("chmod of a file of a foreign group");
	if (px_as(&px_alice)) {
		OK(chmod("f", 02755));
		GIVES(0755, px_mode("f"));
		OK(chmod("f", 06755));
		GIVES(04755, px_mode("f"));
		OK(chmod("d", 03755));
		GIVES(01755, px_mode("d"));
		px_end();
	}
	px_own("f", PX_ALICE, PX_TEAM, 0755);
	px_at("chmod of a file of a group of hers");
	if (px_as(&px_alice)) {
		OK(chmod("f", 06755));
		GIVES(06755, px_mode("f"));
		OK(chmod("f", 01755));
		GIVES(01755, px_mode("f"));
		px_end();
	}
	px_at("chmod by root");
	OK(chmod("f", 07777));
	GIVES(07777, px_mode("f"));
	px_at("made in a set-gid directory");
	px_own("d", PX_BOB, PX_CLUB, 02777);
	if (px_as(&px_alice)) {
		int	 new = open("d/x", O_RDWR | O_CREAT, 02775);

		OK(new);
		GIVES(PX_CLUB, px_gid("d/x"));
		GIVES(0755, px_mode("d/x"));
		OK(mkdir("d/d", 0775));
		GIVES(02755, px_mode("d/d"));
		px_end();
	}
}

static void
group_map(void)
{
	char	*p;

	px_file("f", "some text", 0666);
	px_own("f", PX_BOB, PX_TEAM, 06777);
	if (px_as(&px_alice)) {
		fd = px_open("f", O_RDWR);
		p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		TRUE(p != MAP_FAILED && *p == 's');
		OK(munmap(p, 4096));
		GIVES(06777, px_mode("f"));
		px_end();
	}
}

int
main(int argc, char **argv)
{
	static const struct px_group groups[] = {
		{ "data", group_data },
		{ "both", group_both },
		{ "root", group_root },
		{ "chown", group_chown },
		{ "chmod", group_chmod },
		{ "map", group_map },
		{ NULL, NULL }
	};

	return px_main(argc, argv, groups);
}
