	if (unlinkat(dirfd, name, 0) == -1)
