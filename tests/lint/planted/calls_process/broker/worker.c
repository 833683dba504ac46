	pid = fork(); /* PLANTED */
	pid = spawner_fork(s);
	pid = syscall(SYS_clone3, &ca, sizeof(ca)); /* PLANTED */
