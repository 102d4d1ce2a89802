/*
 * A list of images as it is played: over epochs, shuffled, in shards, from a place to resume at.
 *
 * Without any of these wishes the records stream through and memory does not grow with them, but
 * for 128 bits of each key.  With one of them the list is read whole.
 */
#ifndef RL_DATA_PLAYLIST_H
#define RL_DATA_PLAYLIST_H

#include "stream/manifest.h"

struct rl_playlist_wish {
	int64_t epochs; /* 0: not asked for, once */
	bool shuffle;
	int64_t seed;
	int64_t group; /* 0: not asked for; so many in a row are all wider than high, or none is */
	int64_t shard, shards; /* shards 0: not asked for */
	int64_t start;         /* samples to leave out at the beginning of this shard's sequence */
};

struct rl_playlist;

/* Files as rl_source_new() takes them.  Dies when nothing is listed, when there are fewer than
 * `start` samples, when groups need a size that a record does not say, and, as misuse, when a tar
 * should be read in another order than its own. */
struct rl_playlist *rl_playlist_open(char *const *names, int count, bool nul,
				     const struct rl_playlist_wish *wish);

/* Known from the start. */
const struct rl_manifest *rl_playlist_manifest(const struct rl_playlist *p);

int64_t rl_playlist_per_epoch(const struct rl_playlist *p); /* samples; 0 while unknown */
int64_t rl_playlist_left(const struct rl_playlist *p);      /* in all; 0 while unknown */
bool rl_playlist_is_tar(const struct rl_playlist *p);
/* XXH3-64 of all keys in the list's order, 16 hex digits: the same list plays the same. */
void rl_playlist_digest(const struct rl_playlist *p, char hex[17]);

/* The next record and its place in this shard's sequence, counted from 0, those left out included;
 * epoch e begins at e * rl_playlist_per_epoch().  False at the end.  Give each back. */
bool rl_playlist_next(struct rl_playlist *p, struct rl_record *r, int64_t *position);
void rl_playlist_give_back(struct rl_playlist *p, struct rl_record *r);

void rl_playlist_free(struct rl_playlist *p);

#endif
