/* PLANTED: in no list. */
