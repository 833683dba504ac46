	abort();
