struct msg_hdr {
	uint16_t type;
	size_t len; /* PLANTED */
};

struct q_x {
	char name[MSG_NAME_MAX];
	uint32_t a, b;
	uint64_t mounts[MSG_MOUNTS_MAX];
	struct cred cred;
	struct msg_attr attr;
	struct msg_timeout entry, other;
	struct msg_seal seal;
	struct chan chan; /* PLANTED */
	void *p; /* PLANTED */
	enum msg_phase phase; /* PLANTED */
	char c; /* PLANTED */
};

struct msg_row {
	const char *name;
};
