#include <event2/event.h>
#include "worker.h"
