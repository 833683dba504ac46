	r = on_ioctl(req, q, a);
	r = ioctl(fd, FICLONE, from); /* PLANTED */
