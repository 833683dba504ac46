	kill(pid, SIGKILL); /* PLANTED */
	worker_kill(w);
