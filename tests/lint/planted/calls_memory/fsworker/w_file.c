	p = mmap(NULL, len, prot, flags, fd, 0); /* PLANTED */
