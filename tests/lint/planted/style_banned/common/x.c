	strcpy(a, b); /* PLANTED */
	strlcpy(a, b, sizeof(a));
	n = atoi(s); /* PLANTED */
	snprintf(a, sizeof(a), "sprintf(");
	sprintf(a, "%d", n); /* PLANTED */
	p = alloca(n); /* PLANTED */
	if (system(cmd) == -1) /* PLANTED */
	op_system(r);
