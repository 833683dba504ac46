	n = recvmsg(fd, &mh, 0); /* PLANTED */
	cm->cmsg_type = SCM_RIGHTS; /* PLANTED */
	chan_recv(c, &m);
