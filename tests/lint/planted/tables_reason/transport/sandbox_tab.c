static const struct sandbox_row rows[] = {
	SB_ALLOW(read, "good.c: because"),
	SB_ALLOW(brk, "chan.c: from common"),
	SB_ALLOW(write, "missing.c: because"), /* PLANTED */
	SB_ALLOW(close, "because it is needed"), /* PLANTED */
	SB_ALLOW(lseek, "good.c: one; gone.c: two"), /* PLANTED */
	SB_ARG(fcntl,
	    "missing.h: on the next line", SB_IS(1, 2)), /* PLANTED */
	{ .nr = SYS_openat, .err = ENOENT, .name = "openat",
	    .reason = "nowhere.c: long form", }, /* PLANTED */
};
