/* PLANTED */
/*
 * Knows: something.
 */
#include "config.h"
/*
 * Never: too late.
 */
