	n = syscall(SYS_openat2, fd, buf, want);
	n = syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH);
	n = syscall(SYS_setxattrat, fd, buf, want); /* PLANTED */
