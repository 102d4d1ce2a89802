#include "data/playlist.h"

#include "base/err.h"
#include "base/order.h"
#include "stream/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct rl_playlist {
	struct rl_source *source;
	struct rl_record *list; /* when it was read whole */
	struct rl_order order;
	uint8_t *wide; /* of each in the list, where groups are asked for */
	int64_t position;
	struct rl_record first; /* else the record that was read to know the fields; or no key */
};

static void refuse_tar(struct rl_source *source)
{
	if (rl_source_is_tar(source))
		rl_die_usage("a tar can only be read once and in its order: epochs, shuffling and "
			     "shards need a list of files");
}

static void read_whole(struct rl_playlist *p, const struct rl_playlist_wish *wish)
{
	struct rl_order *o = &p->order;
	struct rl_record r;

	refuse_tar(p->source);
	while (rl_source_next(p->source, &r)) {
		refuse_tar(p->source);
		if (o->count == UINT32_MAX)
			rl_die("more than %u images", UINT32_MAX);
		if ((o->count & (o->count - 1)) == 0)
			p->list = rl_realloc(p->list, o->count ? 2 * (size_t)o->count : 1,
					     sizeof(*p->list));
		p->list[o->count++] = r;
	}
	o->epochs = wish->epochs ? wish->epochs : 1;
	o->shuffle = wish->shuffle;
	o->seed = (uint64_t)wish->seed;
	o->shard = wish->shard;
	o->shards = wish->shards ? wish->shards : 1;
}

static void note_wide(struct rl_playlist *p, int64_t group)
{
	p->wide = rl_malloc((size_t)p->order.count + 1);
	for (int64_t i = 0; i < p->order.count; i++) {
		const struct rl_record *r = &p->list[i];

		if (!r->width)
			rl_die("%s: groups by shape need width and height in the manifest", r->key);
		p->wide[i] = r->width > r->height;
	}
	p->order.kind = p->wide;
	p->order.group = group;
}

static int64_t total(const struct rl_playlist *p)
{
	return p->order.epochs * rl_order_per_epoch(&p->order);
}

/* The position is the sample that comes next; a list that ends before it is a wrong number
 * somewhere, and better said than trained on. */
static void seek(struct rl_playlist *p, int64_t start)
{
	int64_t have = p->list ? total(p) : 0;

	if (!p->list) {
		while (rl_source_next(p->source, &p->first) && have++ < start)
			rl_record_free(&p->first);
	}
	if (start > have)
		rl_die("start after %lld samples: there are only %lld", (long long)start,
		       (long long)have);
	p->position = start;
}

struct rl_playlist *rl_playlist_open(char *const *names, int count, bool nul,
				     const struct rl_playlist_wish *wish)
{
	struct rl_playlist *p = rl_calloc(1, sizeof(*p));

	p->source = rl_source_new(names, count, nul);
	if (wish->epochs || wish->shuffle || wish->shards)
		read_whole(p, wish);
	if (wish->group)
		note_wide(p, wish->group);
	seek(p, wish->start);
	return p;
}

const struct rl_manifest *rl_playlist_manifest(const struct rl_playlist *p)
{
	return rl_source_manifest(p->source);
}

int64_t rl_playlist_per_epoch(const struct rl_playlist *p)
{
	return p->list ? rl_order_per_epoch(&p->order) : 0;
}

int64_t rl_playlist_left(const struct rl_playlist *p)
{
	return p->list ? total(p) - p->position : 0;
}

bool rl_playlist_is_tar(const struct rl_playlist *p)
{
	return rl_source_is_tar(p->source);
}

void rl_playlist_digest(const struct rl_playlist *p, char hex[17])
{
	XXH3_state_t *state = XXH3_createState();

	if (!state)
		rl_die("out of memory");
	XXH3_64bits_reset(state);
	for (int64_t i = 0; i < p->order.count; i++)
		XXH3_64bits_update(state, p->list[i].key, strlen(p->list[i].key) + 1);
	snprintf(hex, 17, "%016llx", (unsigned long long)XXH3_64bits_digest(state));
	XXH3_freeState(state);
}

bool rl_playlist_next(struct rl_playlist *p, struct rl_record *r, int64_t *position)
{
	int64_t epoch;

	if (p->list && p->position == total(p))
		return false;
	*position = p->position++;
	if (p->list) {
		*r = p->list[rl_order_at(&p->order, *position, &epoch)];
		return true;
	}
	if (!p->first.key)
		return rl_source_next(p->source, r);
	*r = p->first;
	p->first = (struct rl_record){0};
	return true;
}

void rl_playlist_give_back(struct rl_playlist *p, struct rl_record *r)
{
	if (!p->list)
		rl_record_free(r);
}

void rl_playlist_free(struct rl_playlist *p)
{
	for (int64_t i = 0; i < p->order.count; i++)
		rl_record_free(&p->list[i]);
	free(p->list);
	free(p->wide);
	rl_record_free(&p->first);
	rl_order_free(&p->order);
	rl_source_free(p->source);
	free(p);
}
