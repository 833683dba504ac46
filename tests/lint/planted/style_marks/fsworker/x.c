	/* TODO PLANTED */
	mkdtemp("/tmp/viofsd.XXXXXX");
	x = 1; /* FIXME: PLANTED */
