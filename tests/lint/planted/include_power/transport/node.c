#include <linux/fuse.h> /* PLANTED */
#include <linux/virtio_ring.h> /* PLANTED */
#include <sys/mman.h> /* PLANTED */
#include <pthread.h> /* PLANTED */
#include <assert.h> /* PLANTED */
