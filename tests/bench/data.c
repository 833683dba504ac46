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
 * Knows: the loads that read and write.
 * Never: built into the daemon.
 */
#include "config.h"

#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MIB (1024UL * 1024)
#define PAGE 4096UL
#define FILE_LEN (128 * MIB)
#define RANDOM_LEN (64 * MIB)

/* What the threads of a load with some depth share. */
struct data_depth {
	struct bench_job *job;
	atomic_ulong next;
	int fd;
	int writes;
};

static void *
data_buffer(size_t len)
{
	void *p;

	p = aligned_alloc(PAGE, len);
	if (p == NULL)
		err(2, "memory");
	memset(p, 0x5a, len);
	return p;
}

static void
data_fill(struct bench_job *job, unsigned long len)
{
	char *buf = data_buffer(MIB);
	unsigned long off;
	int fd;

	fd = bench_open(job, "data", O_WRONLY | O_CREAT | O_TRUNC);
	for (off = 0; off < len; off += MIB)
		if (pwrite(fd, buf, MIB, off) != (ssize_t)MIB)
			err(2, "fill");
	if (fsync(fd) == -1)
		err(2, "fsync");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	free(buf);
}

static void
data_prepare(struct bench_job *job)
{
	data_fill(job, FILE_LEN);
}

/* The client's cache has the whole file. */
static void
data_prepare_warm(struct bench_job *job)
{
	char *buf = data_buffer(MIB);
	ssize_t n;
	int fd;

	data_fill(job, FILE_LEN);
	fd = bench_open(job, "data", O_RDONLY);
	while ((n = read(fd, buf, MIB)) > 0)
		continue;
	if (n == -1)
		err(2, "read");
	close(fd);
	free(buf);
}

static void
data_prepare_random(struct bench_job *job)
{
	data_fill(job, RANDOM_LEN);
}

static void
data_read(struct bench_job *job)
{
	char *buf = data_buffer(MIB);
	unsigned long i;
	uint64_t start;
	int fd;

	fd = bench_open(job, "data", O_RDONLY);
	for (i = 0; i < job->cnt; i++) {
		start = bench_now();
		if (pread(fd, buf, MIB, (off_t)(i * MIB % FILE_LEN)) !=
		    (ssize_t)MIB)
			err(2, "read");
		job->lat_ns[i] = bench_now() - start;
	}
	close(fd);
	free(buf);
}

static void
data_write(struct bench_job *job)
{
	char *buf = data_buffer(MIB);
	unsigned long i;
	uint64_t start;
	int fd;

	fd = bench_open(job, "data", O_WRONLY | O_CREAT);
	for (i = 0; i < job->cnt; i++) {
		start = bench_now();
		if (pwrite(fd, buf, MIB, (off_t)(i * MIB % FILE_LEN)) !=
		    (ssize_t)MIB)
			err(2, "write");
		job->lat_ns[i] = bench_now() - start;
	}
	close(fd);
	free(buf);
}

static void *
data_thread(void *arg)
{
	struct data_depth *d = arg;
	char *buf = data_buffer(PAGE);
	unsigned long i;
	uint64_t start;
	unsigned int seed;
	ssize_t n;
	off_t off;

	seed = d->job->seed + (unsigned int)atomic_load(&d->next);
	while ((i = atomic_fetch_add(&d->next, 1)) < d->job->cnt) {
		off = (off_t)((unsigned long)rand_r(&seed) %
		    (RANDOM_LEN / PAGE) * PAGE);
		start = bench_now();
		if (d->writes)
			n = pwrite(d->fd, buf, PAGE, off);
		else
			n = pread(d->fd, buf, PAGE, off);
		if (n != (ssize_t)PAGE)
			err(2, "page at %lld", (long long)off);
		d->job->lat_ns[i] = bench_now() - start;
	}
	free(buf);
	return NULL;
}

static void
data_random(struct bench_job *job, int writes)
{
	struct data_depth d = {.job = job, .writes = writes};
	pthread_t *threads;
	unsigned int i;

	threads = calloc(job->depth, sizeof(*threads));
	if (threads == NULL)
		err(2, "memory");
	d.fd = bench_open(job, "data", O_RDWR | O_DIRECT);
	for (i = 0; i < job->depth; i++) {
		errno = pthread_create(&threads[i], NULL, data_thread, &d);
		if (errno != 0)
			err(2, "thread");
	}
	for (i = 0; i < job->depth; i++)
		pthread_join(threads[i], NULL);
	close(d.fd);
	free(threads);
}

static void
data_random_read(struct bench_job *job)
{
	data_random(job, 0);
}

static void
data_random_write(struct bench_job *job)
{
	data_random(job, 1);
}

static void
data_fsync(struct bench_job *job)
{
	char *buf = data_buffer(PAGE);
	unsigned long i;
	uint64_t start;
	int fd;

	fd = bench_open(job, "data", O_WRONLY | O_CREAT);
	for (i = 0; i < job->cnt; i++) {
		if (pwrite(fd, buf, PAGE, (off_t)(i * PAGE)) != (ssize_t)PAGE)
			err(2, "write");
		start = bench_now();
		if (fsync(fd) == -1)
			err(2, "fsync");
		job->lat_ns[i] = bench_now() - start;
	}
	close(fd);
	free(buf);
}

const struct bench_load bench_data[] = {
    {"read", 512, 0, data_prepare, data_read},
    {"read-warm", 1024, 0, data_prepare_warm, data_read},
    {"write", 256, 0, NULL, data_write},
    {"random-read", 10000, 0, data_prepare_random,
	data_random_read},
    {"random-write", 10000, 0, data_prepare_random,
	data_random_write},
    {"fsync", 200, 0, NULL, data_fsync},
    {NULL, 0, 0, NULL, NULL}};
