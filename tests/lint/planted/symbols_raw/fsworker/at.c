	n = syscall(SYS_openat2, fd, buf, want);
	n = syscall(SYS_setxattrat, fd, buf, want); /* PLANTED */
