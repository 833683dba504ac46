	n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC);
