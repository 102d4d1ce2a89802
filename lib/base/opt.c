#include "base/opt.h"

#include "base/err.h"
#include "base/utf8.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_HELP = 256, OPT_VERSION, OPT_FIRST };

int64_t rl_parse_int(const char *s, int64_t min, int64_t max, const char *what)
{
	char *end;

	errno = 0;
	long long v = strtoll(s, &end, 10);
	if (end == s || *end || errno)
		rl_die_usage("%s: %s: not a whole number", what, s);
	if (v < min || v > max)
		rl_die_usage("%s: %s: must be %lld to %lld", what, s, (long long)min,
			     (long long)max);
	return v;
}

double rl_parse_real(const char *s, double min, double max, const char *what)
{
	char *end;

	errno = 0;
	double v = strtod(s, &end);
	if (end == s || *end || errno || !isfinite(v))
		rl_die_usage("%s: %s: not a number", what, s);
	if (v < min || v > max)
		rl_die_usage("%s: %s: must be %g to %g", what, s, min, max);
	return v;
}

void rl_parse_pair(const char *s, char between, int64_t min, int64_t max, const char *what,
		   int64_t *a, int64_t *b)
{
	const char *cut = strchr(s, between);

	if (!cut)
		rl_die_usage("%s: %s: want two numbers with '%c' between", what, s, between);
	char *left = rl_strdup(s);
	left[cut - s] = '\0';
	*a = rl_parse_int(left, min, max, what);
	*b = rl_parse_int(cut + 1, min, max, what);
	free(left);
}

double *rl_parse_reals(const char *s, double min, double max, const char *what, size_t *n)
{
	char *copy = rl_strdup(s), *rest = copy;
	double *list = NULL;

	*n = 0;
	for (char *item; (item = strsep(&rest, ","));) {
		list = rl_realloc(list, *n + 1, sizeof(*list));
		list[(*n)++] = rl_parse_real(item, min, max, what);
	}
	free(copy);
	return list;
}

int rl_parse_choice(const char *s, const char *const names[], const char *what)
{
	char list[256] = "";
	size_t n = 0;

	for (int i = 0; names[i]; i++) {
		if (!strcmp(s, names[i]))
			return i;
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", names[i]);
		if (n >= sizeof(list))
			break;
	}
	rl_die_usage("%s: %s: must be one of %s", what, s, list);
}

/* INT64_MAX in the table has become 2^63 on its way through a double. */
static int64_t whole(double limit)
{
	return limit >= 0x1p63 ? INT64_MAX : limit <= -0x1p63 ? INT64_MIN : (int64_t)limit;
}

static void print_default(const struct rl_opt *o)
{
	int64_t n;
	double x;

	switch (o->type) {
	case RL_OPTTYPE_INT:
		n = *(int64_t *)o->dest;
		if (n >= whole(o->min) && n <= whole(o->max))
			printf(" [%lld]", (long long)n);
		break;
	case RL_OPTTYPE_REAL:
		x = *(double *)o->dest;
		if (x >= o->min && x <= o->max)
			printf(" [%g]", x);
		break;
	case RL_OPTTYPE_STR:
		if (*(const char **)o->dest)
			printf(" [%s]", *(const char **)o->dest);
		break;
	default: break;
	}
}

static _Noreturn void help(const struct rl_tool *tool, const struct rl_opt *opts)
{
	char left[64];

	printf("usage: %s %s\n\n%s\n\noptions:\n", tool->name, tool->synopsis, tool->summary);
	for (const struct rl_opt *o = opts; o->name; o++) {
		int n = o->short_name ? snprintf(left, sizeof(left), "-%c, ", o->short_name) : 0;

		snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
		printf("  %-26s %s", left, o->help);
		print_default(o);
		putchar('\n');
	}
	printf("  %-26s %s\n  %-26s %s\n", "--help", "this text", "--version", "the version");
	printf("\nexample:\n  %s\n\nThe manual page says more: man %s\n", tool->example,
	       tool->name);
	exit(fflush(stdout) ? RL_EXIT_FAILURE : RL_EXIT_OK);
}

static void store(const struct rl_opt *o, const char *arg)
{
	char what[64];

	snprintf(what, sizeof(what), "--%s", o->name);
	switch (o->type) {
	case RL_OPTTYPE_FLAG: *(bool *)o->dest = true; break;
	case RL_OPTTYPE_INT:
		*(int64_t *)o->dest = rl_parse_int(arg, whole(o->min), whole(o->max), what);
		break;
	case RL_OPTTYPE_REAL: *(double *)o->dest = rl_parse_real(arg, o->min, o->max, what); break;
	case RL_OPTTYPE_STR: *(const char **)o->dest = arg; break;
	case RL_OPTTYPE_END: break;
	}
}

int rl_options(int argc, char **argv, const struct rl_tool *tool, const struct rl_opt *opts)
{
	struct option longs[64] = {{"help", no_argument, 0, OPT_HELP},
				   {
					   "version",
					   no_argument,
					   0,
					   OPT_VERSION,
				   }};
	char shorts[16] = ":";
	size_t nshort = 1, n = 2;

	for (const struct rl_opt *o = opts; o->name; o++, n++) {
		if (n == RL_LEN(longs) - 1 || nshort == sizeof(shorts) - 1)
			rl_die("too many options in the table");
		longs[n] = (struct option){o->name, o->arg ? required_argument : no_argument, 0,
					   (int)(OPT_FIRST + (o - opts))};
		if (o->short_name)
			shorts[nshort++] = o->short_name;
	}

	opterr = 0;
	for (int c; (c = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
		if (c == OPT_HELP)
			help(tool, opts);
		if (c == OPT_VERSION) {
			printf("%s %s\n", tool->name, RL_VERSION);
			exit(fflush(stdout) ? RL_EXIT_FAILURE : RL_EXIT_OK);
		}
		if (c == ':')
			rl_die_usage("%s: needs an argument", argv[optind - 1]);
		if (c == '?')
			rl_die_usage("%s: no such option", argv[optind - 1]);
		if (c >= OPT_FIRST) {
			store(&opts[c - OPT_FIRST], optarg);
			continue;
		}
		for (const struct rl_opt *o = opts; o->name; o++)
			if (o->short_name == c)
				store(o, optarg);
	}
	return optind;
}

static json_t *text_value(const char *text)
{
	char *clean = rl_utf8_clean(text);
	json_t *value = json_string(clean);

	free(clean);
	return value;
}

static json_t *value_of(const struct rl_opt *o)
{
	const char *text;

	switch (o->type) {
	case RL_OPTTYPE_FLAG: return json_boolean(*(bool *)o->dest);
	case RL_OPTTYPE_INT: return json_integer(*(int64_t *)o->dest);
	case RL_OPTTYPE_REAL: return json_real(*(double *)o->dest);
	default: text = *(const char **)o->dest; return text ? text_value(text) : json_null();
	}
}

static bool is_among(const char *name, const char *const names[])
{
	while (*names && strcmp(*names, name))
		names++;
	return *names;
}

json_t *rl_options_values(const struct rl_opt *opts, const char *const except[])
{
	json_t *values = json_object();

	for (; opts->type != RL_OPTTYPE_END; opts++)
		if (!is_among(opts->name, except))
			json_object_set_new(values, opts->name, value_of(opts));
	return values;
}

int rl_run_command(int argc, char **argv, const struct rl_tool *tool,
		   const struct rl_command *commands)
{
	const char *names[RL_COMMANDS + 1] = {NULL};

	if (argc < 2 || argv[1][0] == '-') {
		rl_options(argc, argv, tool, (const struct rl_opt[]){RL_OPT_END});
		rl_die_usage("want a command");
	}
	for (int i = 0; commands[i].name; i++)
		names[i] = commands[i].name;
	return commands[rl_parse_choice(argv[1], names, "command")].run(argc, argv);
}
