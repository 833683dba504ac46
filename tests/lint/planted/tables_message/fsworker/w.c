on_silent(struct serve_req *r)
