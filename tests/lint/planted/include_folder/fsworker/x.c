#include "../transport/fuse_proto.h" /* PLANTED */
