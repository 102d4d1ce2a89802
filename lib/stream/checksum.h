/*
 * XXH3 as wide as the processor: on x86 the library picks among its variants when it is called by
 * these other names, which the header puts in place of the usual ones.  Private to lib/stream.
 */
#ifndef RL_STREAM_CHECKSUM_H
#define RL_STREAM_CHECKSUM_H

#if defined(__x86_64__) && defined(__has_include)
#if __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif
#endif
#include <xxhash.h>

#endif
