	execve(path, argv, envp); /* PLANTED */
	execlp(path, path); /* PLANTED */
	posix_spawn(&pid, path); /* PLANTED */
