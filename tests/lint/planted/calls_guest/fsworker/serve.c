	struct fuse_in_header h; /* PLANTED */
	struct vring_desc d; /* PLANTED */
