/* openat(2) in a comment is no call */
static const char *why = "open(2)";
int
node_evil(int dirfd)
{
	op_open(r);
	return openat(dirfd, "x", 0); /* PLANTED */
}
