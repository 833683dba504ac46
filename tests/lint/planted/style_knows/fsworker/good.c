/*
 * Knows: something.
 * Never: something else.
 */
#include "config.h"
