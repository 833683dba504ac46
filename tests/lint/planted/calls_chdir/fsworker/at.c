	if (fchdir(PROC_FD_PROC) == -1)
