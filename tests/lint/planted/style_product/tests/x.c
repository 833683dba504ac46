	p = malloc(n * sizeof(*p)); /* PLANTED */
	p = realloc(p, n * 2); /* PLANTED */
	p = malloc(sizeof(*p));
	p = reallocarray(NULL, n, sizeof(*p));
	p = malloc(MSG_TAIL_MAX);
