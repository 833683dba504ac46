	dir = opendir("/"); /* PLANTED */
