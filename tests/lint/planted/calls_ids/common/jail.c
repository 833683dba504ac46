	if (setresuid(other, other, other) != -1)
