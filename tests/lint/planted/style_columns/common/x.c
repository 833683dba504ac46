	if (1)
								return this_line_is_too_long; /* PLANTED */
					log_info("a message on one line can be found with grep, %u", x);
	x = 1; /* PLANTED */ 
#define X \
	x
