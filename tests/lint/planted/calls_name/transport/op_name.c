	op_unlink(r);
	if (unlinkat(dirfd, name, 0) == -1) /* PLANTED */
	mkdir(name, 0755); /* PLANTED */
