	fd = socket(AF_UNIX, SOCK_STREAM, 0); /* PLANTED */
	if (connect(fd, sa, len) == -1) /* PLANTED */
