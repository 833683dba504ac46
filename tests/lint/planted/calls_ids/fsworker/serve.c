	if (setresuid(0, 0, 0) == -1) /* PLANTED */
		setfsuid(uid); /* PLANTED */
	setgroups(0, NULL); /* PLANTED */
