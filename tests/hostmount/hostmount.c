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
 * Knows: the command line, the order of set-up and end, who is asked what.
 * Never: requests.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/err.h>

#include "../frontend/box.h"
#include "fusedev.h"
#include "hiprio.h"
#include "queue.h"
#include "stats.h"

#define HOSTMOUNT_QUEUE_MAX	(FS_QUEUE_MAX - 1)
#define HOSTMOUNT_RINGS_LEN	(256u << 10)	/* for all rings, bytes */
#define HOSTMOUNT_CONNECT	5000		/* milliseconds */
#define HOSTMOUNT_UMOUNT	10000

struct hostmount {
	const char	*sock, *dir, *options;
	unsigned	 queue_cnt;		/* request queues */
	uint16_t	 ring_num;		/* descriptors of each */
	size_t		 mem_len;		/* bytes */
	bool		 verbose;
	bool		 refuses;		/* INTERRUPT */
	struct box	 box;
	struct hiprio	 hiprio;
	struct queue	 queue[HOSTMOUNT_QUEUE_MAX];
	struct fusedev	 dev;
	int		 sig, tell, done;	/* done: of the umount thread */
	pthread_t	 umount;
	bool		 umounts;		/* that thread exists */
	bool		 gone;			/* unmounted by somebody */
	int64_t		 until;			/* then; nanoseconds */
	int		 table;			/* of the mounts */
};

static struct hostmount	 hostmount;

static _Noreturn void
hostmount_usage(void)
{
	fprintf(stderr, "usage: viofsd-hostmount [-Iv] [-q request-queues] "
	    "[-s queue-size] [-m memory-MiB]\n"
	    "\t[-o fuse-mount-options] SOCKET MOUNTPOINT\n");
	exit(2);
}

static unsigned
hostmount_number(const char *arg, unsigned min, unsigned max, char option)
{
	char		*end;
	unsigned long	 n;

	errno = 0;
	n = strtoul(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end != '\0' || errno != 0 ||
	    n < min || n > max)
		errx(2, "-%c must be a number from %u to %u", option, min,
		    max);
	return (unsigned)n;
}

static void
hostmount_args(struct hostmount *h, int argc, char **argv)
{
	int	 c;

	h->queue_cnt = 1;
	h->ring_num = 256;
	h->mem_len = 72u << 20;
	while ((c = getopt(argc, argv, "Im:o:q:s:v")) != -1) {
		switch (c) {
		case 'I':
			h->refuses = true;
			break;
		case 'm':
			h->mem_len = (size_t)hostmount_number(optarg, 4,
			    65536, 'm') << 20;
			break;
		case 'o':
			h->options = optarg;
			break;
		case 'q':
			h->queue_cnt = hostmount_number(optarg, 1,
			    HOSTMOUNT_QUEUE_MAX, 'q');
			break;
		case 's':
			h->ring_num = (uint16_t)hostmount_number(optarg, 8,
			    RING_MAX, 's');
			break;
		case 'v':
			h->verbose = true;
			break;
		default:
			hostmount_usage();
		}
	}
	if (argc - optind != 2)
		hostmount_usage();
	if ((h->ring_num & (h->ring_num - 1)) != 0)
		errx(2, "-s must be a power of two");
	h->sock = argv[optind];
	h->dir = argv[optind + 1];
}

/* Requests in flight on each queue: of 4 descriptors, all in memory. */
static unsigned
hostmount_slots(const struct hostmount *h)
{
	size_t	 cnt = (h->mem_len - HOSTMOUNT_RINGS_LEN) / POOL_SLOT_LEN;

	cnt /= h->queue_cnt;
	if (cnt > h->ring_num / 4)
		cnt = h->ring_num / 4;
	if (cnt == 0)
		errx(2, "%u queues need %u MiB of memory", h->queue_cnt,
		    h->queue_cnt * 2);
	return (unsigned)cnt;
}

/* The device, as a virtual machine would bring it up. */
static void
hostmount_connect(struct hostmount *h)
{
	struct box	*b = &h->box;
	unsigned	 i;
	int		 err;

	b->o.queues = h->queue_cnt + 1;
	b->o.event_idx = true;
	err = mem_open(&b->m, h->mem_len, 1);
	for (i = 0; err == 0 && i < b->o.queues; i++)
		err = ring_open(&b->q[i], &b->m, i, h->ring_num);
	if (err != 0)
		errc(1, err, "guest memory");
	err = vhost_connect(&b->v, h->sock, HOSTMOUNT_CONNECT);
	if (err != 0)
		errc(1, err, "%s", h->sock);
	err = box_negotiate(b);
	if (err != 0)
		errc(1, err, "%s: features", h->sock);
	if (b->v.queue_max < b->o.queues)
		errx(1, "%s: the daemon has only %u request queues", h->sock,
		    (unsigned)b->v.queue_max - 1);
	err = box_setup(b);
	if (err != 0)
		errc(1, err, "%s: memory and queues", h->sock);
}

static void
hostmount_signals(struct hostmount *h)
{
	sigset_t	 set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	h->sig = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	h->tell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->sig == -1 || h->tell == -1 || h->done == -1)
		err(1, "signals");
}

/* A mount that cannot be served must not stay. */
static _Noreturn void
hostmount_fail(struct hostmount *h, int err, const char *what)
{
	unsigned	 i;

	for (i = 0; i < h->queue_cnt; i++) {
		queue_stop(&h->queue[i], ENOTCONN);
		queue_close(&h->queue[i]);
	}
	fusedev_umount(&h->dev, true);
	errc(1, err, "%s", what);
}

static void
hostmount_mount(struct hostmount *h)
{
	struct queue	*q;
	unsigned	 i, slots = hostmount_slots(h);
	int		 first, fd, err;

	hiprio_open(&h->hiprio, &h->box.q[FS_HIPRIO]);
	err = fusedev_mount(&h->dev, h->sock, h->dir, h->options, &first);
	if (err != 0)
		errc(1, err, "%s", h->dir);
	for (i = 0; i < h->queue_cnt; i++) {
		q = &h->queue[i];
		q->hiprio = &h->hiprio;
		q->tell = h->tell;
		q->verbose = h->verbose;
		q->refuses = h->refuses;
		fd = first;
		err = i == 0 ? 0 : fusedev_clone(first, &fd);
		if (err == 0)
			err = queue_open(q, &h->box.q[i + 1], &h->box.m,
			    slots, fd);
		if (err != 0)
			hostmount_fail(h, err, "queue");
	}
	for (i = 0; i < h->queue_cnt; i++)
		if ((err = queue_start(&h->queue[i])) != 0)
			hostmount_fail(h, err, "thread");
	h->table = fusedev_watch();
	if (h->verbose)
		fprintf(stderr, "mounted on %s, %u queues, %u requests each\n",
		    h->dev.where, h->queue_cnt, slots);
}

static void
hostmount_report(struct hostmount *h)
{
	static struct stats	 sum;
	uint64_t		 bad = 0;
	unsigned		 i;

	memset(&sum, 0, sizeof(sum));
	stats_merge(&sum, &h->hiprio.stats);
	for (i = 0; i < h->queue_cnt; i++) {
		stats_merge(&sum, &h->queue[i].stats);
		bad += h->queue[i].bad_cnt;
	}
	stats_print(&sum, stdout);
	if (bad > 0)
		warnx("%llu answers broke the rules of FUSE",
		    (unsigned long long)bad);
}

/* Unmounting waits for requests, so it is not for the main thread. */
static void *
hostmount_umount(void *arg)
{
	const struct hostmount	*h = arg;
	const uint64_t		 one = 1;
	int			 err;

	err = fusedev_umount(&h->dev, false);
	if (err != 0)
		warnc(err, "%s", h->dev.where);
	(void)!write(h->done, &one, sizeof(one));
	return NULL;
}

/* What is left to write may take a moment. */
static void
hostmount_hurry(struct hostmount *h)
{
	if (h->until == 0)
		h->until = stats_now() + HOSTMOUNT_UMOUNT * 1000000LL;
}

static void
hostmount_ask(struct hostmount *h)
{
	hostmount_hurry(h);
	h->umounts = pthread_create(&h->umount, NULL, hostmount_umount,
	    h) == 0;
}

/* Returns whether it is time to go, without waiting any longer. */
static bool
hostmount_signal(struct hostmount *h)
{
	struct signalfd_siginfo	 si;

	while (read(h->sig, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGUSR1) {
			hostmount_report(h);
			continue;
		}
		if (h->umounts)
			return true;
		hostmount_ask(h);
		if (!h->umounts)
			return true;
	}
	return false;
}

/* What the queues say: 0 go on, else why not. */
static enum queue_end
hostmount_ended(struct hostmount *h)
{
	enum queue_end	 end, all = QUEUE_RUNS;
	unsigned	 i;

	for (i = 0; i < h->queue_cnt; i++) {
		end = queue_end(&h->queue[i]);
		if (end > all)
			all = end;
	}
	return all;
}

static int
hostmount_left(const struct hostmount *h)
{
	int64_t	 left = h->until - stats_now();

	if (h->until == 0)
		return -1;
	return left > 0 ? (int)(left / 1000000) + 1 : 0;
}

/* Look at a connection that the kernel has ended: by umount(8), or aborted? */
static int
hostmount_gone(const struct hostmount *h)
{
	if (h->umounts || !fusedev_mounted(&h->dev))
		return 0;
	warnx("%s: the connection was aborted", h->dev.where);
	return 1;
}

/* Until it is over.  Returns the exit status. */
static int
hostmount_serve(struct hostmount *h)
{
	struct ring	*hi = h->hiprio.ring;
	struct pollfd	 pfd[] = {
		{ .fd = h->box.v.fd, .events = POLLRDHUP },
		{ .fd = hi->err, .events = POLLIN },
		{ .fd = h->tell, .events = POLLIN },
		{ .fd = h->done, .events = POLLIN },
		{ .fd = hi->call, .events = POLLIN },
		{ .fd = h->sig, .events = POLLIN },
		{ .fd = h->table, .events = POLLPRI },
	};
	uint64_t	 n;

	while (poll(pfd, sizeof(pfd) / sizeof(pfd[0]), hostmount_left(h)) >
	    0) {
		if (pfd[0].revents != 0) {
			warnx("%s: the daemon has hung up", h->sock);
			return 1;
		}
		if (pfd[1].revents != 0 ||
		    hostmount_ended(h) == QUEUE_BROKEN) {
			warnx("%s: the daemon gave a queue up", h->sock);
			return 1;
		}
		if (pfd[2].revents != 0)
			return hostmount_gone(h);
		if (pfd[3].revents != 0)
			return 0;
		if (pfd[4].revents != 0 &&
		    read(hi->call, &n, sizeof(n)) == (ssize_t)sizeof(n))
			hiprio_collect(&h->hiprio);
		if (pfd[5].revents != 0 && hostmount_signal(h))
			return 1;
		/* A copy in another namespace keeps the connection up. */
		if (pfd[6].revents != 0 && !fusedev_present(&h->dev)) {
			h->gone = true;
			hostmount_hurry(h);
		}
	}
	if (h->gone)
		return 0;
	warnx("%s: cannot be unmounted in time", h->dev.where);
	return 1;
}

static void
hostmount_end(struct hostmount *h)
{
	unsigned	 i;

	for (i = 0; i < h->queue_cnt; i++)
		queue_stop(&h->queue[i], ENOTCONN);
	/* The connection has ended: nothing can wait for the daemon now. */
	if (h->umounts)
		pthread_join(h->umount, NULL);
	fusedev_umount(&h->dev, true);
	hiprio_collect(&h->hiprio);
	hostmount_report(h);
	for (i = 0; i < h->queue_cnt; i++)
		queue_close(&h->queue[i]);
	hiprio_close(&h->hiprio);
	vhost_close(&h->box.v);
	for (i = 0; i < h->box.o.queues; i++)
		ring_close(&h->box.q[i]);
	mem_close(&h->box.m);
}

int
main(int argc, char **argv)
{
	struct hostmount	*h = &hostmount;
	int			 status;

	hostmount_args(h, argc, argv);
	hostmount_slots(h);
	hostmount_signals(h);
	hostmount_connect(h);
	hostmount_mount(h);
	status = hostmount_serve(h);
	hostmount_end(h);
	return status;
}
