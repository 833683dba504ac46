/*
 * Copyright (c) 2026 The viofsd authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * A template, included once per dispatcher: the rows of msg.def sorted by who
 * sends and who receives.  Define FROM_TO_Q (a question arrives at TO),
 * FROM_TO_A (its answer arrives at FROM) or FROM_TO_N (a notice arrives at
 * TO) for the rows that the dispatcher answers for; all others vanish.  A row
 * without handler does not compile, and neither does a handler without row.
 */

#ifndef TRANSPORT_BROKER_Q
#define TRANSPORT_BROKER_Q(V, v)
#endif
#ifndef TRANSPORT_BROKER_N
#define TRANSPORT_BROKER_N(V, v)
#endif
#ifndef FSWORKER_BROKER_Q
#define FSWORKER_BROKER_Q(V, v)
#endif
#ifndef FSWORKER_BROKER_N
#define FSWORKER_BROKER_N(V, v)
#endif
#ifndef SPAWNER_BROKER_N
#define SPAWNER_BROKER_N(V, v)
#endif
#ifndef BROKER_SPAWNER_Q
#define BROKER_SPAWNER_Q(V, v)
#endif
#ifndef BROKER_SPAWNER_A
#define BROKER_SPAWNER_A(V, v)
#endif
#ifndef BROKER_SPAWNER_N
#define BROKER_SPAWNER_N(V, v)
#endif
/* What the broker sends without asking, and what it takes no part in. */
#define TRANSPORT_BROKER_A(V, v)
#define FSWORKER_BROKER_A(V, v)
#define BROKER_TRANSPORT_N(V, v)
#define TRANSPORT_FSWORKER_Q(V, v)
#define TRANSPORT_FSWORKER_A(V, v)
#define TRANSPORT_FSWORKER_N(V, v)

#define RPC(V, v, num, from, to, qf, af, qt, at, ph, text) \
	from##_##to##_Q(V, v) from##_##to##_A(V, v)
#define MSG(V, v, num, from, to, f, t, ph, text) from##_##to##_N(V, v)
#include "../common/msg.def"
#undef RPC
#undef MSG

#undef TRANSPORT_BROKER_Q
#undef TRANSPORT_BROKER_N
#undef TRANSPORT_BROKER_A
#undef FSWORKER_BROKER_Q
#undef FSWORKER_BROKER_N
#undef FSWORKER_BROKER_A
#undef SPAWNER_BROKER_N
#undef BROKER_SPAWNER_Q
#undef BROKER_SPAWNER_A
#undef BROKER_SPAWNER_N
#undef BROKER_TRANSPORT_N
#undef TRANSPORT_FSWORKER_Q
#undef TRANSPORT_FSWORKER_A
#undef TRANSPORT_FSWORKER_N
