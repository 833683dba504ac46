	struct fuse_in_header h;
