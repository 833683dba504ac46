	fd = openat(dirfd, name, O_PATH);
