# SPDX-License-Identifier: ISC
if HAVE_CMOCKA
transport_vu_tests = \
	tests/unit/test_gmem \
	tests/unit/test_vring \
	tests/unit/test_vring_chain \
	tests/unit/test_vu_dev \
	tests/unit/test_vu_msg
check_PROGRAMS += $(transport_vu_tests)
TESTS += $(transport_vu_tests)

tests_unit_test_gmem_SOURCES = tests/unit/test_gmem.c
tests_unit_test_gmem_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_gmem_LDADD = $(CMOCKA_LIBS)

tests_unit_test_vring_SOURCES = \
	tests/unit/ringenv.h tests/unit/test_vring.c
tests_unit_test_vring_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vring_LDADD = libcommon.a $(BSD_LIBS) $(CMOCKA_LIBS) \
	-lpthread

tests_unit_test_vring_chain_SOURCES = \
	tests/unit/ringenv.h tests/unit/test_vring_chain.c
tests_unit_test_vring_chain_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vring_chain_LDADD = libcommon.a $(BSD_LIBS) $(CMOCKA_LIBS) \
	-lpthread

# Everything of the device but the file that the test includes.
transport_vu_rest = transport/gmem.c transport/vring.c \
	transport/vring_chain.c transport/vu_mem.c transport/vu_queue.c \
	transport/vu_req.c
tests_unit_test_vu_dev_SOURCES = tests/unit/vuenv.h \
	tests/unit/test_vu_dev.c $(transport_vu_rest) transport/vu_msg.c
tests_unit_test_vu_dev_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vu_dev_LDADD = libcommon.a $(EVENT_LIBS) $(BSD_LIBS) \
	$(CMOCKA_LIBS) -lpthread
tests_unit_test_vu_msg_SOURCES = tests/unit/vuenv.h \
	tests/unit/test_vu_msg.c $(transport_vu_rest) transport/vu_dev.c
tests_unit_test_vu_msg_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_vu_msg_LDADD = libcommon.a $(EVENT_LIBS) $(BSD_LIBS) \
	$(CMOCKA_LIBS) -lpthread
endif
