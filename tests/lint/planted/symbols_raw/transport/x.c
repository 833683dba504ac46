	n = syscall(SYS_getdents64, fd, buf, want);
	n = syscall(SYS_openat, fd, buf, want); /* PLANTED */
	n = syscall(nr, fd); /* PLANTED */
