	SB_ALLOW(preadv2, "op_io.c: READ"),
	SB_ALLOW(openat, "op_io.c: just this once"), /* PLANTED */
	SB_ARG(clone3, "iopool.c: threads", SB_IS(0, 1)), /* PLANTED */
	{ .nr = SYS_execve, .name = "execve", .reason = "x.c: y", }, /* PLANTED */
