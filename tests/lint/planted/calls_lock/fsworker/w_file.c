	struct flock fl;
	if (flock(fd, LOCK_EX) == -1) /* PLANTED */
