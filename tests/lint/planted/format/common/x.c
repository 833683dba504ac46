static const int table[] = { 1,
      2, 3 };

int
x_good(int a, int b)
{
	if (a == 0 &&
	    b == 0)
		return 1;
	else
		return 2;
}

int x_type(void) /* PLANTED */
{
	return 1;
}

int
x_indent(int a)
{
    a++; /* PLANTED */
	return a;
}

int
x_blanks(int a, int b)
{
	if(a == b) /* PLANTED */
		return a+b; /* PLANTED */
	if (a) return 1; /* PLANTED */
	return 0;
}
