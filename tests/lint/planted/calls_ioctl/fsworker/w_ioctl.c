	r = ioctl(fd, cmd, &arg);
