static const struct sandbox_row rows[] = {
	SB_ALLOW(read, "x.c: y"),
};
