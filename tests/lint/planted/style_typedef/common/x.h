typedef struct x x_t; /* PLANTED */
typedef void req_done(struct req *r);
