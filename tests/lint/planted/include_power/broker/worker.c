#include <event2/event.h>
#include <cap-ng.h> /* PLANTED */
#include <pwd.h> /* PLANTED */
#include <grp.h> /* PLANTED */
#include <sys/uio.h> /* PLANTED */
#include <sys/mount.h> /* PLANTED */
