#include "config.h"
#include <errno.h>
#include "../common/log.h"
#include "build_id.h"
#include "../transport/node.h" /* PLANTED */
#include <linux/fuse.h> /* PLANTED */
#include <linux/virtio_ring.h> /* PLANTED */
#include <event2/event.h> /* PLANTED */
/* #include "../broker/conf.h" in a comment is none */
