	kill(0, SIGTERM); /* PLANTED */
