#include "config.h"
#include "../common/chan.h"
#include "node.h"
#include "../broker/conf.h" /* PLANTED */
#include "../common/../fsworker/at.h" /* PLANTED */
