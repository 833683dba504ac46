	pid = fork();
