	fd = syscall(SYS_openat2, 3); /* PLANTED */
	fd = open("/etc/passwd", 0); /* PLANTED */
	f = fopen("/etc/passwd", "r"); /* PLANTED */
