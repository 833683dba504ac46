/*
 * Harmless: it is compared with something.
 */
static int
on_good(struct broker *b, struct chan_msg *m)
{
	return 0;
}

/* It does something. */
static int
on_bad(struct broker *b, struct chan_msg *m) /* PLANTED */
{
	return 0;
}

int
on_transport(struct broker *b, struct chan_msg *m)
{
	return 0;
}
