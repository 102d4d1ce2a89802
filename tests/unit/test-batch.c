/* Micro-batches read ahead: epochs, places in the run, what comes again after a resume, errors. */
#include "tap.h"

#include "base/err.h"
#include "train/batch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAMPLES = 10, EPOCHS = 3, BATCH = 4, MOST = 64 };

static char file[] = "/tmp/test-batch-XXXXXX";

struct stream {
	bool numbered;
	int64_t start, position[MOST], skipped;
	int n;
};

static struct rl_reader *open_stream(const struct stream *from)
{
	json_t *head = rl_head_new("samples");
	int fd = open(file, O_WRONLY | O_TRUNC);
	struct rl_sample s = {0};
	const char *field = from->numbered ? "position" : "value";

	rl_head_field(head, field, RL_I8, 0, NULL, NULL);
	json_object_set_new(head, "start", json_integer(from->start));
	struct rl_writer *w = rl_writer_new(fd, file, head);
	for (int i = 0; i < from->n; i++) {
		char key[16];

		snprintf(key, sizeof(key), "s%lld", (long long)from->position[i]);
		rl_sample_set_key(&s, key);
		*(int64_t *)rl_sample_make(&s, field, RL_I8, 0, NULL)->data = from->position[i];
		rl_writer_put(w, &s);
	}
	rl_writer_close(w, from->skipped);
	close(fd);
	rl_sample_free(&s);
	return rl_reader_open(file);
}

/* What was copied where. */
static int64_t slots[2][BATCH];

static void take(void *context, struct rl_sample *s, int slot, int64_t i)
{
	(void)context;
	slots[slot][i] = atoll(s->key + 1);
}

static struct rl_batches *begin(const struct stream *s, int64_t recall, struct rl_place place)
{
	struct rl_batches_config c = {.in = open_stream(s),
				      .samples = SAMPLES,
				      .epochs = EPOCHS,
				      .batch = BATCH,
				      .recall = recall,
				      .take = take};

	return rl_batches_new(&c, &place);
}

static struct stream count(int64_t first, int64_t last)
{
	struct stream s = {.numbered = true, .start = first};

	for (int64_t at = first; at < last; at++)
		s.position[s.n++] = at;
	return s;
}

/* All batches as text: "0-3 4-7 8-9 10-13 ...", recalled ones in brackets. */
static void play(struct rl_batches *in, char *text, struct rl_place *last)
{
	struct rl_batch b;

	for (*text = '\0'; rl_batches_next(in, &b); *last = b.after) {
		const int64_t *v = slots[b.slot];

		for (int64_t i = 1; i < b.samples; i++)
			if (v[i] <= v[i - 1] || v[i] / SAMPLES != b.epoch)
				rl_die("out of order");
		text += sprintf(text, b.recalled ? "(%lld-%lld) " : "%lld-%lld ", (long long)v[0],
				(long long)v[b.samples - 1]);
	}
	rl_batches_finish(in);
}

static bool place_is(struct rl_place p, int64_t taken, int64_t next, int64_t from, int64_t recall)
{
	return p.taken == taken && p.next == next && p.from == from && p.recall == recall;
}

static void test_epochs(void)
{
	struct stream all = count(0, 30), plain = count(0, 10), bad = count(0, 30);
	struct rl_place last;
	char text[256];

	play(begin(&all, 0, (struct rl_place){0}), text, &last);
	ok(!strcmp(text, "0-3 4-7 8-9 10-13 14-17 18-19 20-23 24-27 28-29 "), "epochs do not mix");
	ok(place_is(last, 30, 30, 30, 0), "the end of the run");
	plain.numbered = false;
	play(begin(&plain, 0, (struct rl_place){0}), text, &last);
	ok(!strcmp(text, "0-3 4-7 8-9 "), "without numbers they are counted");
	bad.n = 0;
	for (int64_t at = 1; at < 30; at++)
		if (at % 10 > 2)
			bad.position[bad.n++] = at;
	bad.skipped = 9;
	play(begin(&bad, 5, (struct rl_place){0}), text, &last);
	ok(!strcmp(text, "3-6 7-9 13-16 17-19 23-26 27-29 "),
	   "what was skipped does not move the others into another epoch");
	ok(place_is(last, 21, 30, 25, 5), "and is not counted");
}

static void test_resume(void)
{
	struct stream all = count(0, 30), late = count(9, 30), bad = {.numbered = true};
	struct rl_place last, recalling = {.taken = 14, .next = 14, .from = 9, .recall = 5};
	char text[256];

	play(begin(&all, 0, (struct rl_place){.taken = 13, .next = 13, .from = 13}), text, &last);
	ok(!strcmp(text, "13-16 17-19 20-23 24-27 28-29 "),
	   "what a stream has too early is left out");
	play(begin(&late, 5, recalling), text, &last);
	ok(!strcmp(text, "(9-9) (10-13) 14-17 18-19 20-23 24-27 28-29 "), "the newest come again");
	ok(place_is(last, 30, 30, 25, 5), "and the places go on");
	/* 12 was skipped before the interruption: 5 samples back is 8. */
	for (int64_t at = 8; at < 20; at++)
		if (at != 12)
			bad.position[bad.n++] = at;
	bad.start = 8;
	bad.skipped = 11;
	play(begin(&bad, 5, (struct rl_place){.taken = 13, .next = 14, .from = 8, .recall = 5}),
	     text, &last);
	ok(!strcmp(text, "(8-9) (10-13) 14-17 18-19 "), "skipped ones do not count");
	ok(place_is(last, 19, 20, 15, 5), "before and after");
	play(begin(&late, 40, (struct rl_place){.taken = 21, .next = 30, .from = 9, .recall = 21}),
	     text, &last);
	ok(!strcmp(text, "(9-9) (10-13) (14-17) (18-19) (20-23) (24-27) (28-29) "),
	   "a run that is over remembers, too");
}

/* ---- errors -----------------------------------------------------------------------------------
 */

static void run(void *stream)
{
	struct rl_place last;
	char text[256];

	play(begin(stream, 0, (struct rl_place){0}), text, &last);
}

static void resume(void *stream)
{
	struct rl_place last, place = {.taken = 14, .next = 14, .from = 9, .recall = 5};
	char text[256];

	play(begin(stream, 5, place), text, &last);
}

static void cut_and_run(void *stream)
{
	struct rl_reader *in = open_stream(stream);
	struct rl_batches_config c = {
		.in = in, .samples = SAMPLES, .epochs = EPOCHS, .batch = BATCH, .take = take};
	struct rl_batch b;

	if (truncate(file, 12000))
		rl_die("%s: truncate:", file);
	struct rl_batches *batches = rl_batches_new(&c, &(struct rl_place){0});
	while (rl_batches_next(batches, &b))
		;
	rl_die("%s", rl_batches_broken(batches));
}

static void test_errors(void)
{
	struct stream back = count(0, 5), twice = back, beyond = count(0, 31), late = count(1, 30);
	struct stream gone = count(9, 30), fewer = count(0, 29);

	back.position[4] = 2;
	twice.position[4] = 3;
	gone.position[2] = 14;
	gone.n = 3;
	ok(dies(run, &back, 1, "s2: position 2 comes too late: 4 or more is next"), "back in time");
	ok(dies(run, &twice, 1, "position 3 comes too late"), "a sample twice");
	ok(dies(run, &beyond, 1, "position 30, but the head announces 3 epochs of 10"), "too many");
	ok(dies(run, &late, 1, "starts at sample 1, but the run goes on at 0"), "a late start");
	ok(dies(resume, &gone, 1, "2 samples from 9 to 13, but there were 5"),
	   "samples that are gone after a resume");
	ok(dies(cut_and_run, &fewer, 1, "truncated"), "a stream that breaks off");
}

int main(void)
{
	int fd = mkstemp(file);

	if (fd < 0)
		rl_die("%s: create:", file);
	close(fd);
	test_epochs();
	test_resume();
	test_errors();
	ok(unlink(file) == 0, "cleaned up");
	return tap_done();
}
