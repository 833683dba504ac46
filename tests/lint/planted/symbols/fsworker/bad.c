#define _GNU_SOURCE
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int
bad(const char *path)
{
	char *argv[] = { 0 };

	if (kill(1, 9) == -1)		/* PLANTED kill */
		return socket(1, 1, 0);	/* PLANTED socket */
	if (setresuid(0, 0, 0) == -1)	/* PLANTED setresuid */
		return -1;
	return execve(path, argv, argv); /* PLANTED execve */
}
