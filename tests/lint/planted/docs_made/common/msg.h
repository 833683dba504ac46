struct n_note {
	uint32_t zero;
};
