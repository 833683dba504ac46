	if (faccessat(fd, name, mask, 0) == -1) /* PLANTED */
