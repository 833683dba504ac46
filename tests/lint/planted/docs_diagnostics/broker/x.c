	log_warnx("this is on "
	    "two lines");
