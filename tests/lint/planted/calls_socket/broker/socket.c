	fd = socket(AF_UNIX, SOCK_STREAM, 0);
