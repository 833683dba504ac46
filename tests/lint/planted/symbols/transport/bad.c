#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int
bad(const char *path)
{
	if (unlink(path) == -1)		/* PLANTED unlink */
		return socket(1, 1, 0);	/* PLANTED socket */
	if (fork() == 0)		/* PLANTED fork */
		return setuid(0);	/* PLANTED setuid */
	return open(path, O_RDONLY);	/* PLANTED open */
}
