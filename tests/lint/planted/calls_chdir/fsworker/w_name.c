	if (fchdir(dirfd) == -1) /* PLANTED */
