	SB_ALLOW(read, "at.c: because"),
	SB_ALLOW(brk, "libc: heap"),
	SB_ALLOW(write, "good.c: is the transport's"), /* PLANTED */
