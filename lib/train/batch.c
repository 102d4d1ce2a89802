#include "train/batch.h"

#include "base/err.h"
#include "train/stop.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

enum { SLOTS = 2 };

/* What a slot holds instead of samples. */
enum { AT_END = 0, BROKEN = -1 };

struct slot {
	int64_t samples, epoch;
	bool recalled;
	int64_t *position; /* of each sample */
};

struct rl_batches {
	struct rl_batches_config c;
	pthread_t thread;
	struct slot slot[SLOTS];
	sem_t empty, ready; /* slots to fill, slots to use */

	struct rl_place resumed; /* where the run goes on */

	/* the reading thread's */
	struct rl_sample sample;
	bool pending;  /* sample is looked at, but not taken yet */
	int64_t at;    /* its position, or the least that may come */
	int64_t read;  /* samples of this stream */
	int64_t start; /* position that the stream starts at */
	int filling;   /* slot */
	char *why;     /* it broke off */

	/* the trainer's */
	struct rl_place place;
	int64_t *recent; /* positions of the newest c.recall samples: of sample k at k % c.recall */
	int64_t used;    /* slots handed out */
	bool recalled;   /* all that is wanted again has come */
	bool ended, broken;
};

/* ---- the reading thread -----------------------------------------------------------------------
 */

static int64_t position_of(struct rl_batches *b)
{
	int64_t total = b->c.samples * b->c.epochs, at = b->at;

	if (rl_sample_find(&b->sample, "position"))
		at = *(int64_t *)rl_sample_get(&b->sample, "position", RL_I8, 0)->data;
	if (at < b->at)
		rl_die("stdin: %s: position %lld comes too late: %lld or more is next",
		       b->sample.key, (long long)at, (long long)b->at);
	if (at >= total)
		rl_die("stdin: %s: position %lld, but the head announces %lld epochs of %lld "
		       "samples",
		       b->sample.key, (long long)at, (long long)b->c.epochs,
		       (long long)b->c.samples);
	return at;
}

/* The next sample that the run wants, looked at but not taken; false at the end of the stream. */
static bool look(struct rl_batches *b)
{
	while (!b->pending) {
		if (!rl_reader_next(b->c.in, &b->sample))
			return false;
		b->read++;
		b->at = position_of(b);
		if (b->at >= b->resumed.from)
			b->pending = true;
		else
			b->at++;
	}
	return true;
}

static void fill(struct rl_batches *b)
{
	int number = b->filling;
	struct slot *s = &b->slot[number];

	for (s->samples = 0; s->samples < b->c.batch && look(b);) {
		int64_t epoch = b->at / b->c.samples;
		bool recalled = b->at < b->resumed.next;

		if (s->samples && (epoch != s->epoch || recalled != s->recalled))
			break;
		s->epoch = epoch;
		s->recalled = recalled;
		b->c.take(b->c.context, &b->sample, number, s->samples);
		s->position[s->samples++] = b->at++;
		b->pending = false;
	}
}

static void wait_for(sem_t *s)
{
	while (sem_wait(s) && errno == EINTR)
		;
}

static void break_off(void *arg, const char *why)
{
	struct rl_batches *b = arg;

	b->why = rl_strdup(why);
	b->slot[b->filling].samples = BROKEN;
	sem_post(&b->ready);
	pthread_exit(NULL);
}

static void *read_ahead(void *arg)
{
	struct rl_batches *b = arg;
	bool more;

	do {
		wait_for(&b->empty);
		fill(b);
		more = b->slot[b->filling].samples != AT_END;
		b->filling = (b->filling + 1) % SLOTS;
		sem_post(&b->ready);
	} while (more);
	return NULL;
}

/* ---- the trainer ------------------------------------------------------------------------------
 */

struct rl_batches *rl_batches_new(const struct rl_batches_config *c, const struct rl_place *place)
{
	const json_t *head = rl_reader_head(c->in);
	struct rl_batches *b = rl_calloc(1, sizeof(*b));

	b->c = *c;
	if (json_object_get(head, "start"))
		b->start = rl_json_int(head, "start", 0, INT64_MAX, "stdin: head");
	if (b->start > place->from)
		rl_die("stdin: starts at sample %lld, but the run goes on at %lld: rl-decode "
		       "--start %lld",
		       (long long)b->start, (long long)place->from, (long long)place->from);
	b->at = b->start;
	b->resumed = *place;
	b->place = *place;
	b->place.taken -= place->recall;
	if (c->recall)
		b->recent = rl_realloc(NULL, (size_t)c->recall, sizeof(*b->recent));
	for (int i = 0; i < SLOTS; i++)
		b->slot[i].position =
			rl_realloc(NULL, (size_t)c->batch, sizeof(*b->slot[i].position));
	sem_init(&b->empty, 0, SLOTS);
	sem_init(&b->ready, 0, 0);
	rl_stop_listen(&b->ready);
	rl_reader_on_truncation(c->in, break_off, b);
	if ((errno = pthread_create(&b->thread, NULL, read_ahead, b)))
		rl_die("start a thread:");
	return b;
}

/* Files that came or went meanwhile, under --skip-bad. */
static void check_recall(const struct rl_batches *b)
{
	int64_t again = b->place.taken - (b->resumed.taken - b->resumed.recall);

	if (again != b->resumed.recall)
		rl_die("stdin: %lld samples from %lld to %lld, but there were %lld before the run "
		       "was resumed",
		       (long long)again, (long long)b->resumed.from, (long long)b->resumed.next - 1,
		       (long long)b->resumed.recall);
}

static void advance(struct rl_batches *b, const struct slot *s)
{
	struct rl_place *p = &b->place;

	for (int64_t i = 0; b->c.recall && i < s->samples; i++)
		b->recent[(p->taken + i) % b->c.recall] = s->position[i];
	p->taken += s->samples;
	p->next = s->position[s->samples - 1] + 1;
	p->recall = p->taken < b->c.recall ? p->taken : b->c.recall;
	p->from = p->recall ? b->recent[(p->taken - p->recall) % b->c.recall] : p->next;
}

bool rl_batches_next(struct rl_batches *b, struct rl_batch *to)
{
	if (b->ended)
		return false;
	if (b->used)
		sem_post(&b->empty);
	wait_for(&b->ready);
	int number = (int)(b->used++ % SLOTS);
	const struct slot *s = &b->slot[number];
	if (rl_stop_asked() || s->samples == BROKEN) {
		b->broken = !rl_stop_asked();
		b->ended = true;
		return false;
	}
	if (!b->recalled && (s->samples == AT_END || !s->recalled)) {
		check_recall(b);
		b->recalled = true;
	}
	if (s->samples == AT_END) {
		b->ended = true;
		return false;
	}
	*to = (struct rl_batch){.slot = number,
				.samples = s->samples,
				.weight = s->samples,
				.epoch = s->epoch,
				.recalled = s->recalled,
				.before = b->place.taken};
	advance(b, s);
	to->after = b->place;
	return true;
}

const char *rl_batches_broken(const struct rl_batches *b)
{
	return b->broken ? b->why : NULL;
}

void rl_batches_finish(struct rl_batches *b)
{
	int64_t announced = b->c.samples * b->c.epochs - b->start;
	int64_t skipped = rl_reader_skipped(b->c.in);

	rl_stop_end();
	pthread_join(b->thread, NULL);
	if (b->read + skipped != announced)
		rl_warn("stdin: %lld samples and %lld skipped, but its head announces %lld",
			(long long)b->read, (long long)skipped, (long long)announced);
	sem_destroy(&b->empty);
	sem_destroy(&b->ready);
	for (int i = 0; i < SLOTS; i++)
		free(b->slot[i].position);
	free(b->recent);
	rl_sample_free(&b->sample);
	free(b);
}
