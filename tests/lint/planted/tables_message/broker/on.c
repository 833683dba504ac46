on_good(struct broker *b)
	out.type = N_NOTE;
	out.type = N_LOST;
