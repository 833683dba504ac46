	return flock(fd, op) == -1 ? errno : 0;
