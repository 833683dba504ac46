#include <sys/mman.h>
#include <unistd.h>

long
bad(void *p, int fd)
{
	if (mmap(p, 1, 1, 1, fd, 0) == p)	/* PLANTED mmap */
		return 0;
	return pread(fd, p, 1, 0);		/* PLANTED pread */
}
