#include <errno.h>
#include <unistd.h>

int
good(int fd)
{
	return close(fd) == -1 ? errno : 0;
}
