/*
 * Samples of a WebDataset tar: neighbouring members that share a name up to its first dot,
 * KEY.jpg, KEY.jpeg or KEY.png with KEY.cls (a class number as text) or KEY.json (an object, its
 * "label").  Other extensions are passed over.  Private to lib/stream; rl_source is the way in.
 */
#ifndef RL_STREAM_WEBDATASET_H
#define RL_STREAM_WEBDATASET_H

#include "stream/input.h"
#include "stream/manifest.h"

struct rl_webdataset;

/* Does a file that begins so look like a tar, perhaps compressed? */
bool rl_is_archive(const uint8_t *data, size_t size);

struct rl_webdataset *rl_webdataset_new(struct rl_input *in); /* in must outlive it */

/* The next sample, its image in r->bytes; false at the archive's end.  Anything that is not a whole
 * and well-formed archive of samples dies. */
bool rl_webdataset_next(struct rl_webdataset *w, struct rl_record *r);

void rl_webdataset_free(struct rl_webdataset *w);

#endif
