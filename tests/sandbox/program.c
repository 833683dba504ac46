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
 * Knows: how the kernel would run an exported filter, and what the tables say
 * it must decide: for every call number, and for each argument at the edges of
 * every row.
 * Never: how a filter is made.
 *
 * program SET FILE: exit status 0 if the program in FILE decides as the tables
 * of SET do, and the kernel takes it.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bsd/err.h>

#include "sets.h"

#ifdef __aarch64__
#define PROGRAM_ARCH	AUDIT_ARCH_AARCH64
#else
#define PROGRAM_ARCH	AUDIT_ARCH_X86_64
#endif

#define PROGRAM_CALLS	1024u
#define PROGRAM_X32	0x40000000u
#define PROGRAM_ARGS	6
#define PROGRAM_EDGES	4096
#define PROGRAM_TOLD	10	/* differences that are printed */

struct program {
	const struct set *set;
	struct sock_filter code[BPF_MAXINSNS];
	unsigned int len;
	uint64_t decisions, allowed, differences;
	uint64_t edges[PROGRAM_EDGES];
	unsigned int edge_cnt;
};

static struct program program;

/* Compare as one jump does. */
static bool
program_jumps(const struct sock_filter *in, uint32_t a)
{
	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		return a == in->k;
	case BPF_JGT:
		return a > in->k;
	case BPF_JGE:
		return a >= in->k;
	case BPF_JSET:
		return (a & in->k) != 0;
	default:
		errx(1, "a jump of kind %#x", in->code);
	}
}

/* What seccomp(2) makes of one call: the same machine, in as few words. */
static uint32_t
program_run(const struct program *p, const struct seccomp_data *d)
{
	const struct sock_filter *in;
	uint32_t a = 0;
	unsigned int pc;

	for (pc = 0; pc < p->len; pc++) {
		in = &p->code[pc];
		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in->k > sizeof(*d) - sizeof(a) || in->k % 4 != 0)
				errx(1, "%u: loads from %u", pc, in->k);
			memcpy(&a, (const char *)d + in->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in->k;
			break;
		case BPF_RET | BPF_K:
			return in->k;
		case BPF_JMP | BPF_JA:
			pc += in->k;
			break;
		default:
			if (BPF_CLASS(in->code) != BPF_JMP)
				errx(1, "%u: instruction %#x", pc, in->code);
			pc += program_jumps(in, a) ? in->jt : in->jf;
			break;
		}
	}
	errx(1, "it ends without an answer");
}

/* What the tables say; a row that lets through is before one that fails. */
static uint32_t
program_ought(const struct program *p, const struct seccomp_data *d)
{
	uint32_t ought = SECCOMP_RET_KILL_PROCESS;
	const struct sandbox_row *row;
	uint64_t arg[PROGRAM_ARGS];
	unsigned int t;
	size_t i;

	memcpy(arg, d->args, sizeof(arg));
	for (t = 0; t < p->set->table_cnt; t++)
		for (i = 0; i < p->set->table[t]->row_cnt; i++) {
			row = &p->set->table[t]->rows[i];
			if (d->arch != PROGRAM_ARCH || row->nr != d->nr ||
			    !set_fits(row, arg))
				continue;
			if (row->err == 0)
				return SECCOMP_RET_ALLOW;
			ought = SECCOMP_RET_ERRNO | (uint32_t)row->err;
		}
	return ought;
}

static void
program_ask(struct program *p, const struct seccomp_data *d)
{
	uint32_t is = program_run(p, d), ought = program_ought(p, d);

	p->decisions++;
	p->allowed += is == SECCOMP_RET_ALLOW;
	if (is == ought || p->differences++ >= PROGRAM_TOLD)
		return;
	printf("# call %d, arch %#x: %#x, the tables say %#x\n", d->nr,
	    d->arch, is, ought);
	printf("# ... with %#" PRIx64 ", %#" PRIx64 ", %#" PRIx64 ", %#" PRIx64
	    ", %#" PRIx64 ", %#" PRIx64 "\n", (uint64_t)d->args[0],
	    (uint64_t)d->args[1], (uint64_t)d->args[2], (uint64_t)d->args[3],
	    (uint64_t)d->args[4], (uint64_t)d->args[5]);
}

static void
program_edge(struct program *p, uint64_t v)
{
	unsigned int i;

	for (i = 0; i < p->edge_cnt; i++)
		if (p->edges[i] == v)
			return;
	if (p->edge_cnt == PROGRAM_EDGES)
		errx(1, "more edges than there is room for");
	p->edges[p->edge_cnt++] = v;
}

/* Values of argument i at which some row of this call might turn. */
static void
program_edges(struct program *p, int nr, unsigned int i)
{
	static const uint64_t usual[] = { 0, 1, INT32_MAX, 0x80000000u,
	    UINT32_MAX, 0x100000000u, INT64_MAX, UINT64_MAX };
	const struct sandbox_table *table;
	const struct sandbox_arg *a;
	unsigned int t, bit, n;
	size_t r;

	p->edge_cnt = 0;
	for (n = 0; n < sizeof(usual) / sizeof(usual[0]); n++)
		program_edge(p, usual[n]);
	for (t = 0; t < p->set->table_cnt; t++) {
		table = p->set->table[t];
		for (r = 0; r < table->row_cnt; r++)
			for (n = 0; n < SANDBOX_ARG_CNT; n++) {
				a = &table->rows[r].arg[n];
				if (table->rows[r].nr != nr ||
				    a->op == SANDBOX_ANY || a->index != i)
					continue;
				program_edge(p, a->value);
				program_edge(p, a->value - 1);
				program_edge(p, a->value + 1);
				program_edge(p, a->value | ~a->mask);
				for (bit = 0; bit < 64; bit++)
					program_edge(p, a->value ^
					    (uint64_t)1 << bit);
			}
	}
}

/* Arguments that fit row, and v where it says nothing. */
static void
program_fit(struct seccomp_data *d, const struct sandbox_row *row, uint64_t v)
{
	unsigned int i;

	for (i = 0; i < PROGRAM_ARGS; i++)
		d->args[i] = v;
	for (i = 0; i < SANDBOX_ARG_CNT; i++)
		if (row->arg[i].op != SANDBOX_ANY)
			d->args[row->arg[i].index] = row->arg[i].value;
}

static void
program_row(struct program *p, const struct sandbox_row *row)
{
	static const uint64_t fill[] = { 0, INT32_MAX, UINT32_MAX, UINT64_MAX };
	struct seccomp_data base, d;
	unsigned int i, e, f;

	memset(&base, 0, sizeof(base));
	base.nr = row->nr;
	base.arch = PROGRAM_ARCH;
	for (i = 0; i < PROGRAM_ARGS; i++) {
		program_edges(p, row->nr, i);
		for (f = 0; f < sizeof(fill) / sizeof(fill[0]); f++) {
			program_fit(&base, row, fill[f]);
			for (e = 0; e < p->edge_cnt; e++) {
				d = base;
				d.args[i] = p->edges[e];
				program_ask(p, &d);
			}
		}
	}
}

/* Numbers, also of the gates that are shut, with arguments of no meaning. */
static void
program_numbers(struct program *p)
{
	static const uint32_t archs[] = { PROGRAM_ARCH, AUDIT_ARCH_I386,
	    AUDIT_ARCH_ARM, AUDIT_ARCH_PPC64LE, 0, UINT32_MAX };
	static const uint32_t from[] = { 0, PROGRAM_X32,
	    PROGRAM_X32 - PROGRAM_CALLS, 0x80000000u, 0u - PROGRAM_CALLS };
	struct seccomp_data d;
	unsigned int a, f, i, n;

	for (a = 0; a < sizeof(archs) / sizeof(archs[0]); a++)
		for (f = 0; f < sizeof(from) / sizeof(from[0]); f++)
			for (n = 0; n < PROGRAM_CALLS; n++) {
				memset(&d, 0, sizeof(d));
				d.arch = archs[a];
				d.nr = (int)(from[f] + n);
				program_ask(p, &d);
				for (i = 0; i < PROGRAM_ARGS; i++)
					d.args[i] = UINT64_MAX;
				program_ask(p, &d);
			}
}

static void
program_read(struct program *p, const char *path)
{
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY)) == -1)
		err(1, "%s", path);
	if ((n = read(fd, p->code, sizeof(p->code))) == -1)
		err(1, "%s", path);
	close(fd);
	if (n == 0 || (size_t)n == sizeof(p->code) ||
	    (size_t)n % sizeof(p->code[0]) != 0)
		errx(1, "%s: %zd bytes are no program", path, n);
	p->len = (unsigned int)((size_t)n / sizeof(p->code[0]));
}

/* The kernel checks it, and lets a process under it end. */
static bool
program_loads(struct program *p)
{
	struct sock_fprog prog = { (unsigned short)p->len, p->code };
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
		    &prog) == -1)
			_exit(1);
		_exit(42);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 42;
}

int
main(int argc, char *argv[])
{
	struct program *p = &program;
	unsigned int i, t;
	size_t r;

	if (argc != 3)
		errx(2, "usage: program SET FILE");
	for (i = 0; i < SET_CNT; i++)
		if (strcmp(sets[i].name, argv[1]) == 0)
			p->set = &sets[i];
	if (p->set == NULL)
		errx(2, "%s: no such set", argv[1]);
	program_read(p, argv[2]);
	program_numbers(p);
	for (t = 0; t < p->set->table_cnt; t++)
		for (r = 0; r < p->set->table[t]->row_cnt; r++)
			program_row(p, &p->set->table[t]->rows[r]);
	printf("# %s: %u instructions, %" PRIu64 " calls, %" PRIu64
	    " of them let through, %" PRIu64 " not as the tables say\n",
	    argv[1], p->len, p->decisions, p->allowed, p->differences);
	if (!program_loads(p))
		errx(1, "the kernel does not take it");
	return p->differences == 0 && p->allowed > 0 ? 0 : 1;
}
