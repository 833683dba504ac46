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

#ifndef VIOFSD_FUZZ_FAKE_H
#define VIOFSD_FUZZ_FAKE_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "fuzz.h"

/*
 * Descriptors, sockets, memory to share, a clock and an event loop that the
 * kernel and libevent know nothing of: quick, the same each time, and each
 * descriptor that leaks or is closed twice is seen at once.  Numbers below
 * FAKE_BASE are real and passed on to the kernel.
 *
 * FAKE_CALLS makes what is included behind it use them.
 */

#define FAKE_BASE 100000
#define FAKE_MAX 8192	   /* descriptors at one time */
#define FAKE_QUEUE_MAX 512 /* messages on a socket */

/* Nothing is open, no event is known, the clock says 1000 s. */
void fake_begin(void);

/* Free what is left, which is the sign of a leak if fake_held() is not 0. */
void fake_end(void);

/* Descriptors that somebody holds, without those in flight. */
unsigned int fake_held(void);

/* Another descriptor of a file of that type, or of the wrong sort of socket. */
int fake_fd(mode_t type);
int fake_stream(void);

/* Messages that can be received from fd; is there nobody behind it? */
unsigned int fake_queued(int fd);
int fake_hungup(int fd);

/* From now on fd's socket takes no more messages than that. */
void fake_room(int fd, unsigned int max);

/* What stands for the calls. */
int fake_socketpair(int domain, int type, int proto, int fds[2]);
ssize_t fake_sendmsg(int fd, const struct msghdr *mh, int flags);
ssize_t fake_recvmsg(int fd, struct msghdr *mh, int flags);
int fake_close(int fd);
int fake_dup(int fd);
int fake_fcntl(int fd, int cmd, ...);
int fake_getsockopt(int fd, int level, int name, void *val,
    socklen_t *len);
int fake_memfd(const char *name, unsigned int flags);
int fake_ftruncate(int fd, off_t len);
void *fake_mmap(void *at, size_t len, int prot, int flags, int fd,
    off_t off);
int fake_munmap(void *at, size_t len);
int fake_eventfd(unsigned int val, int flags);
ssize_t fake_write(int fd, const void *buf, size_t len);
long fake_syscall(long nr, ...);
int fake_epoll_create(int flags);
int fake_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev);
int fake_epoll_wait(int epfd, struct epoll_event *ev, int max, int ms);
int fake_clock(clockid_t id, struct timespec *ts);

/* Time goes by; timers do not run out by themselves. */
void fake_sleep(unsigned int sec);

/*
 * Call what is ready until nothing is, or somebody has left the loop; a bug
 * if that takes more than max calls.
 */
void fake_pump(unsigned int max);

/* A timer that is armed runs out, the which-th of them; 0 if none is. */
int fake_timer(unsigned int which);

/* As if signal sig had come; 0 if nobody waits for it. */
int fake_signal(int sig);

/* Has somebody left the loop since fake_begin()? */
int fake_left(void);

/* Send, as a peer would: bytes and descriptors, which stay the caller's. */
void fake_send(int fd, const void *buf, size_t len, const int *fds,
    unsigned int fd_cnt);

#endif

#ifdef FAKE_CALLS
#define socketpair(d, t, p, fds) fake_socketpair(d, t, p, fds)
#define sendmsg(fd, mh, flags) fake_sendmsg(fd, mh, flags)
#define recvmsg(fd, mh, flags) fake_recvmsg(fd, mh, flags)
#define close(fd) fake_close(fd)
#define fcntl(...) fake_fcntl(__VA_ARGS__)
#define getsockopt(fd, l, n, v, len) fake_getsockopt(fd, l, n, v, len)
#define memfd_create(name, flags) fake_memfd(name, flags)
#define ftruncate(fd, len) fake_ftruncate(fd, len)
#define mmap(a, len, p, fl, fd, off) fake_mmap(a, len, p, fl, fd, off)
#define munmap(a, len) fake_munmap(a, len)
#define eventfd(val, flags) fake_eventfd(val, flags)
#define write(fd, buf, len) fake_write(fd, buf, len)
#define syscall(...) fake_syscall(__VA_ARGS__)
#define epoll_create1(flags) fake_epoll_create(flags)
#define epoll_ctl(ep, op, fd, ev) fake_epoll_ctl(ep, op, fd, ev)
#define epoll_wait(ep, ev, max, ms) fake_epoll_wait(ep, ev, max, ms)
#define clock_gettime(id, ts) fake_clock(id, ts)
#define sched_yield()	((void)0)
#endif
