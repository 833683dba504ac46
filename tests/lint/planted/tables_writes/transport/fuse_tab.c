	ROW(LOOKUP, 1, ENTRY, 0, op_lookup),
	ROW(UNLINK, 1, 0, 0, op_unlink), /* PLANTED */
	ROW(CREATE, sizeof(struct fuse_create_in) + 1,
	    ENTRY + sizeof(struct fuse_open_out), W, op_create),
	ROW(STATFS, 0, 0, W, op_statfs), /* PLANTED */
	ROW(SETXATTR, sizeof(struct fuse_setxattr_in) + 1, /* PLANTED */
	    0, 0, op_setxattr),
