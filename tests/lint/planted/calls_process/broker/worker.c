	pid = fork(); /* PLANTED */
	pid = spawner_fork(s);
