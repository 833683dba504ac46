static const struct sandbox_row broker_rows[] = {
	SB_ALLOW(read, "x.c: y"),
};
static const struct sandbox_row spawner_rows[] = {
	SB_ALLOW(read, "x.c: y"),
};
