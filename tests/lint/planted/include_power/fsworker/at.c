#include <linux/openat2.h>
#include <seccomp.h> /* PLANTED */
