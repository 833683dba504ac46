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
 * Knows: where the functions that give out memory are in a process, by the
 * symbols of the files that it has mapped.
 * Never: what is done there.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"

static const char *const elf_names[INJECT_POINTS] = {
	"malloc", "calloc", "realloc"
};

static void
elf_symbols(const uint8_t *map, const Elf64_Shdr *tab, const Elf64_Shdr *sh,
    uintptr_t base, uintptr_t addr[INJECT_POINTS])
{
	const Elf64_Sym *s = (const void *)(map + tab->sh_offset);
	const char *str = (const char *)map + sh[tab->sh_link].sh_offset;
	size_t i, cnt = tab->sh_size / sizeof(*s);
	unsigned int n;

	for (i = 0; i < cnt; i++)
		for (n = 0; n < INJECT_POINTS; n++)
			if (s[i].st_value != 0 && addr[n] == 0 &&
			    strcmp(str + s[i].st_name, elf_names[n]) == 0)
				addr[n] = base + s[i].st_value;
}

/* A file that is mapped at base; these are position independent. */
static void
elf_file(const char *path, uintptr_t base, uintptr_t addr[INJECT_POINTS])
{
	const Elf64_Ehdr *e;
	const Elf64_Shdr *sh;
	struct stat st;
	void *map;
	int fd, i;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	map = fstat(fd, &st) == 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ,
	    MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	if (map == MAP_FAILED)
		return;
	e = map;
	sh = (const void *)((const uint8_t *)map + e->e_shoff);
	if (memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 && e->e_type == ET_DYN)
		for (i = 0; i < e->e_shnum; i++)
			if (sh[i].sh_type == SHT_SYMTAB ||
			    sh[i].sh_type == SHT_DYNSYM)
				elf_symbols(map, &sh[i], sh, base, addr);
	munmap(map, (size_t)st.st_size);
}

/* The program itself if it is static, else the C library. */
static int
elf_wanted(const char *path)
{
	return strstr(path, "/libc.so") != NULL ||
	    strstr(path, "viofsd-transport") != NULL ||
	    strstr(path, "viofsd-fsworker") != NULL;
}

unsigned int
inject_points(int pid, uintptr_t addr[INJECT_POINTS])
{
	char name[64], line[512], path[256], last[256] = "";
	unsigned int cnt = 0, i;
	uintptr_t base;
	uint64_t off;
	FILE *f;

	memset(addr, 0, INJECT_POINTS * sizeof(addr[0]));
	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	if ((f = fopen(name, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%" SCNxPTR "-%*x %*s %" SCNx64
		    " %*s %*s %255s", &base, &off, path) != 3 || off != 0 ||
		    strcmp(path, last) == 0 || !elf_wanted(path))
			continue;
		memcpy(last, path, sizeof(last));
		elf_file(path, base, addr);
	}
	fclose(f);
	for (i = 0; i < INJECT_POINTS; i++)
		cnt += addr[i] != 0;
	return cnt;
}
