/*
 * Damage a stream in a few thousand ways, the same ones every time.  A reader may find it whole
 * (the damage was in padding or a date) or die with its one line; it may not crash, hang, or hand
 * on other payload than was written.
 */
#include "base/err.h"
#include "base/rng.h"
#include "stream/stream.h"
#include "tap.h"
#include "trial.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 512, ROUNDS = 4000, ROOM = 1 << 15 };

struct bytes {
	uint8_t data[ROOM];
	size_t size;
};

static void write_stream(int fd)
{
	json_t *head = rl_head_new("images");
	struct rl_sample s = {0};
	char key[130] = {0};

	rl_head_field(head, "image", RL_U1, 3, (int64_t[]){-1, -2, 3},
		      (const char *const[]){"H", "W"});
	rl_head_field(head, "label", RL_I4, 0, NULL, NULL);
	rl_head_field(head, "note", RL_JSON, 0, NULL, NULL);
	struct rl_writer *w = rl_writer_new(fd, "out", head);
	for (int i = 0; i < 3; i++) {
		/* The last key needs a pax header. */
		rl_sample_set_key(&s, memset(key, 'a' + i, i == 2 ? 129 : 3));
		memset(rl_sample_make(&s, "image", RL_U1, 3, (int64_t[]){4, i, 3})->data, i,
		       12 * (size_t)i);
		*(int32_t *)rl_sample_make(&s, "label", RL_I4, 0, NULL)->data = i;
		memcpy(rl_sample_make(&s, "note", RL_JSON, 1, (int64_t[]){2})->data, "{}", 2);
		rl_writer_put(w, &s);
	}
	rl_writer_close(w, 0);
	rl_sample_free(&s);
}

/* Make the checksum of every block that looks like a header right again, so that the damage is met
 * by what comes after that check. */
static void repair(struct bytes *b)
{
	for (size_t at = 0; at + BLOCK <= b->size; at += BLOCK) {
		uint8_t *h = b->data + at;
		unsigned sum = 8 * ' ';

		if (memcmp(h + 257, "ustar", 5))
			continue;
		for (int i = 0; i < BLOCK; i++)
			sum += i < 148 || i >= 156 ? h[i] : 0;
		snprintf((char *)h + 148, 8, "%06o", sum);
	}
}

static void splice(struct bytes *b, size_t at, size_t cut, const uint8_t *with, size_t n)
{
	if (at > b->size || cut > b->size - at || b->size - cut + n > ROOM)
		return;
	memmove(b->data + at + n, b->data + at + cut, b->size - at - cut);
	memmove(b->data + at, with, n);
	b->size += n - cut;
}

static void damage(struct bytes *b, struct rl_rng *r)
{
	static const char *const words[] = {"-1",
					    "99999999999",
					    "0",
					    ",",
					    "}",
					    "'",
					    "..",
					    "/",
					    "True",
					    "|O",
					    "\xff",
					    "\n",
					    "__rl__/tail.json",
					    "path=",
					    "7777777"};
	uint8_t block[BLOCK];

	for (uint32_t n = 1 + rl_rng_below(r, 3); n > 0; n--) {
		size_t at = rl_rng_below(r, (uint32_t)b->size);
		size_t first = at / BLOCK * BLOCK;
		const char *word = words[rl_rng_below(r, RL_LEN(words))];
		size_t length = strlen(word);

		switch (rl_rng_below(r, 7)) {
		case 0: b->data[at] ^= (uint8_t)(1 << rl_rng_below(r, 8)); break;
		case 1: b->data[at] = (uint8_t)rl_rng_u32(r); break;
		case 2: splice(b, at, length, (const uint8_t *)word, length); break;
		case 3: splice(b, at, 0, (const uint8_t *)word, length); break;
		case 4: splice(b, first, BLOCK, block, 0); break;
		case 5:
			if (first + BLOCK > b->size)
				break;
			memcpy(block, b->data + first, BLOCK);
			splice(b, rl_rng_below(r, (uint32_t)(b->size / BLOCK)) * BLOCK, 0, block,
			       BLOCK);
			break;
		case 6: b->size = at + 1; break;
		}
	}
	if (rl_rng_below(r, 4))
		repair(b);
}

/* Its digest, when it is whole, goes where complaints go. */
static void read_stream(int fd)
{
	struct rl_reader *r = rl_reader_new(fd, "in");
	char hex[17];

	rl_reader_drain(r);
	rl_reader_digest(r, hex);
	rl_reader_close(r);
	if (write(STDERR_FILENO, hex, 16) != 16)
		rl_die("stderr:");
}

int main(void)
{
	static struct bytes good, bad;
	char digest[4096], said[4096];
	struct rl_rng r = rl_rng_make(1, 0, 0, RL_RNG_SYNTH);
	int whole = 0, refused = 0;
	FILE *f = tmpfile();

	write_stream(fileno(f));
	rewind(f);
	good.size = fread(good.data, 1, ROOM, f);
	fclose(f);
	ok(trial(read_stream, good.data, good.size, digest, sizeof(digest)) == 0,
	   "the stream itself is whole");

	for (int i = 0; i < ROUNDS; i++) {
		bad = good;
		damage(&bad, &r);
		int status = trial(read_stream, bad.data, bad.size, said, sizeof(said));

		if (status == 0 && !strcmp(said, digest)) {
			whole++;
		} else if (trial_refused(status, said)) {
			refused++;
		} else {
			ok(false, "round %d: status %#x: %s", i, (unsigned)status, said);
			break;
		}
	}
	ok(whole + refused == ROUNDS, "%d ways of damage: %d refused, %d harmless", ROUNDS, refused,
	   whole);
	ok(refused > ROUNDS / 2, "most of it is noticed");
	ok(trial(read_stream, good.data, good.size, said, sizeof(said)) == 0 &&
		   !strcmp(said, digest),
	   "after all that the stream itself is whole");
	return tap_done();
}
