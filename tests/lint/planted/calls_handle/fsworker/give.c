	if (name_to_handle_at(fd, "", &h, &id, AT_EMPTY_PATH) == -1)
