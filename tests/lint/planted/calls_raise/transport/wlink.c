	raise(SIGTERM); /* PLANTED */
	abort(); /* PLANTED */
