	if (mount(a, b, c, 0, NULL) == -1) /* PLANTED */
	root_mount(a);
	fd = open_tree(fd, "", 0); /* PLANTED */
