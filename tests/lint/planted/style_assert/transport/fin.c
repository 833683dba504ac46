	assert(len > 0); /* PLANTED */
_Static_assert(sizeof(int) == 4, "int");
