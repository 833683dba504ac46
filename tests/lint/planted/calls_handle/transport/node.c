	fd = open_by_handle_at(mount, &h, flags); /* PLANTED */
