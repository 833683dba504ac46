	n = syscall(SYS_execveat, fd);
