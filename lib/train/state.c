#include "train/state.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

void rl_score_add(struct rl_score *sum, struct rl_score s)
{
	int64_t items = sum->items + s.items;

	if (items)
		sum->loss += (s.loss - sum->loss) * (double)s.items / (double)items;
	sum->correct += s.correct;
	sum->items = items;
}

static json_t *score(const struct rl_score *s)
{
	return json_pack("{s:f, s:I, s:I}", "loss", s->loss, "correct", (json_int_t)s->correct,
			 "items", (json_int_t)s->items);
}

char *rl_state_text(const struct rl_state *s)
{
	json_t *o = json_pack(
		"{s:I, s:I, s:{s:I, s:I, s:I, s:I}, s:o, s:o, s:o, s:I, s:f, s:I}", "step",
		(json_int_t)s->step, "epoch", (json_int_t)s->epoch, "place", "taken",
		(json_int_t)s->place.taken, "next", (json_int_t)s->place.next, "from",
		(json_int_t)s->place.from, "recall", (json_int_t)s->place.recall, "of_epoch",
		score(&s->of_epoch), "warm", score(&s->warm), "window", score(&s->window),
		"window_samples", (json_int_t)s->window_samples, "window_seconds",
		s->window_seconds, "log_bytes", (json_int_t)s->log_bytes);
	char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(17));

	if (!text)
		rl_die("the state of the run is not finite");
	json_decref(o);
	return text;
}

static int64_t count(const json_t *o, const char *name, const char *where)
{
	return rl_json_int(o, name, 0, INT64_MAX, where);
}

static struct rl_score parse_score(const json_t *o, const char *name, const char *where)
{
	const json_t *s = rl_json_get(o, name, where);

	return (struct rl_score){rl_json_real(s, "loss", where), count(s, "correct", where),
				 count(s, "items", where)};
}

struct rl_state rl_state_parse(const char *text, const char *where)
{
	json_t *o = rl_json_parse(text, strlen(text), where);
	const json_t *place = rl_json_get(o, "place", where);
	struct rl_state s = {.step = count(o, "step", where),
			     .epoch = count(o, "epoch", where),
			     .place = {.taken = count(place, "taken", where),
				       .next = count(place, "next", where),
				       .from = count(place, "from", where),
				       .recall = count(place, "recall", where)},
			     .of_epoch = parse_score(o, "of_epoch", where),
			     .warm = parse_score(o, "warm", where),
			     .window = parse_score(o, "window", where),
			     .window_samples = count(o, "window_samples", where),
			     .window_seconds = rl_json_real(o, "window_seconds", where),
			     .log_bytes = count(o, "log_bytes", where)};

	json_decref(o);
	return s;
}
