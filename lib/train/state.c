#include "train/state.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

void rl_score_add(struct rl_score *sum, struct rl_score s)
{
	int64_t items = sum->items + s.items;

	double share = items ? (double)s.items / (double)items : 0;

	sum->loss += (s.loss - sum->loss) * share;
	for (int i = 0; i < RL_PARTS; i++)
		sum->part[i] += (s.part[i] - sum->part[i]) * share;
	sum->correct += s.correct;
	sum->items = items;
}

static json_t *score(const struct rl_score *s)
{
	json_t *parts = json_array();

	for (int i = 0; i < RL_PARTS; i++)
		json_array_append_new(parts, json_real(s->part[i]));
	return json_pack("{s:f, s:I, s:I, s:o}", "loss", s->loss, "correct", (json_int_t)s->correct,
			 "items", (json_int_t)s->items, "parts", parts);
}

static json_t *place(const struct rl_place *p)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "taken", (json_int_t)p->taken, "next",
			 (json_int_t)p->next, "from", (json_int_t)p->from, "recall",
			 (json_int_t)p->recall);
}

static json_t *collapse(const struct rl_collapse *c)
{
	return json_pack("{s:I, s:f, s:b, s:b}", "rows", (json_int_t)c->rows, "widest", c->widest,
			 "dead_said", c->dead_said, "rank_said", c->rank_said);
}

char *rl_state_text(const struct rl_state *s, const struct rl_place *places, int ranks)
{
	json_t *of_ranks = json_array();

	for (int i = 0; i < ranks; i++)
		json_array_append_new(of_ranks, place(&places[i]));
	json_t *o = json_pack("{s:I, s:I, s:o, s:o, s:f, s:o, s:o, s:I, s:f, s:o, s:I}", "step",
			      (json_int_t)s->step, "epoch", (json_int_t)s->epoch, "places",
			      of_ranks, "of_epoch", score(&s->of_epoch), "first_loss",
			      s->first_loss, "warm", score(&s->warm), "window", score(&s->window),
			      "window_samples", (json_int_t)s->window_samples, "window_seconds",
			      s->window_seconds, "collapse", collapse(&s->collapse), "log_bytes",
			      (json_int_t)s->log_bytes);
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
	const json_t *s = rl_json_get(o, name, where), *parts = rl_json_get(s, "parts", where);
	struct rl_score score = {.loss = rl_json_real(s, "loss", where),
				 .correct = count(s, "correct", where),
				 .items = count(s, "items", where)};

	for (size_t i = 0; i < RL_PARTS; i++)
		score.part[i] = json_number_value(json_array_get(parts, i));
	return score;
}

static struct rl_collapse parse_collapse(const json_t *o, const char *where)
{
	const json_t *c = rl_json_get(o, "collapse", where);

	return (struct rl_collapse){.rows = count(c, "rows", where),
				    .widest = rl_json_real(c, "widest", where),
				    .dead_said = json_is_true(json_object_get(c, "dead_said")),
				    .rank_said = json_is_true(json_object_get(c, "rank_said"))};
}

static struct rl_place parse_place(const json_t *places, size_t rank, const char *where)
{
	const json_t *p = json_array_get(places, rank);

	if (!p)
		rl_die("%s: no place of rank %zu", where, rank);
	return (struct rl_place){count(p, "taken", where), count(p, "next", where),
				 count(p, "from", where), count(p, "recall", where)};
}

int64_t rl_state_from(const char *text, const char *where)
{
	json_t *o = rl_json_parse(text, strlen(text), where);
	const json_t *places = rl_json_get(o, "places", where);
	int64_t least = parse_place(places, 0, where).from;

	for (size_t i = 1; i < json_array_size(places); i++) {
		int64_t from = parse_place(places, i, where).from;

		least = from < least ? from : least;
	}
	json_decref(o);
	return least;
}

struct rl_state rl_state_parse(const char *text, int rank, const char *where)
{
	json_t *o = rl_json_parse(text, strlen(text), where);
	struct rl_state s = {
		.step = count(o, "step", where),
		.epoch = count(o, "epoch", where),
		.place = parse_place(rl_json_get(o, "places", where), (size_t)rank, where),
		.of_epoch = parse_score(o, "of_epoch", where),
		.first_loss = rl_json_real(o, "first_loss", where),
		.warm = parse_score(o, "warm", where),
		.window = parse_score(o, "window", where),
		.window_samples = count(o, "window_samples", where),
		.window_seconds = rl_json_real(o, "window_seconds", where),
		.collapse = parse_collapse(o, where),
		.log_bytes = count(o, "log_bytes", where)};

	json_decref(o);
	return s;
}
