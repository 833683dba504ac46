	if (syscall(SYS_faccessat2, fd, "", mask, flags) == -1)
