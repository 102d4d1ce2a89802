/* Where a result comes from, as much of it as readers want to see. */
#ifndef RL_REPORT_PROVENANCE_H
#define RL_REPORT_PROVENANCE_H

#include <jansson.h>

/*
 * From a result's "provenance", however deep things lie in it: {"inputs": ["NAME HASH"], of every
 * object with a path and a hash, the first 12 digits of a SHA-256 or a stream's whole digest, and
 * of every hash of image keys; "seeds": ["4"], also of untrained networks; "commands": ["rl-svm
 * --train ..."], of the programs that computed the result, fit for a shell}.  Each once.  New
 * reference.
 */
json_t *rl_provenance(const json_t *result);

#endif
