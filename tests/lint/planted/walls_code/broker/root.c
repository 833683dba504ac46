	if (gone("root"))	/* PLANTED */
		return;
	root_empty();
