static const struct sandbox_row fsworker_rows[] = {
	SB_ALLOW(read, "x.c: y"),
};
static const struct sandbox_row fsworker_start_rows[] = {
	SB_ALLOW(read, "x.c: y"),
};
