#include <linux/fuse.h> /* PLANTED */
#include <event2/event.h> /* PLANTED */
#include <errno.h>
#include <linux/openat2.h> /* PLANTED */
