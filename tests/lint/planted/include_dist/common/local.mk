libcommon_a_SOURCES = common/named.c common/named.h common/lost.c
