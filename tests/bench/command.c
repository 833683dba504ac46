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
 * Knows: the loads that are a command of this machine.
 * Never: built into the daemon.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <stddef.h>
#include <unistd.h>

#include "bench.h"

char **bench_command;

static void
command_run(struct bench_job *job)
{
	unsigned long i;
	uint64_t start;
	pid_t pid;
	int status;

	for (i = 0; i < job->cnt; i++) {
		start = bench_now();
		pid = fork();
		if (pid == -1)
			err(2, "fork");
		if (pid == 0) {
			if (chdir(job->dir) == -1)
				err(2, "%s", job->dir);
			execvp(bench_command[0], bench_command);
			err(2, "%s", bench_command[0]);
		}
		if (waitpid(pid, &status, 0) != pid || status != 0)
			errx(2, "%s failed", bench_command[0]);
		job->lat_ns[i] = bench_now() - start;
	}
}

const struct bench_load bench_commands[] = {
    {"run", 1, 1, NULL, command_run},
    {"run-warm", 1, 0, NULL, command_run},
    {NULL, 0, 0, NULL, NULL}};
