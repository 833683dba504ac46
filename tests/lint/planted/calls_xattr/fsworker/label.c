	n = on_setxattr(req, q, a);
	n = fsetxattr(fd, name, buf, len, 0); /* PLANTED */
