/*
 * One binary runs everywhere: hot loops are compiled for the baseline and again for AVX2 and
 * AVX-512, and the loader picks.  Sanitizers cannot run before relocation, where the picking
 * happens.
 */
#ifndef RL_BASE_CLONES_H
#define RL_BASE_CLONES_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
	!defined(__SANITIZE_ADDRESS__)
#define RL_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define RL_CLONES
#endif

#endif
