#include "report/html.h"

#include "report/report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* U+FFFE and U+FFFF, which XML does not know. */
static bool no_character(const char *s)
{
	return !strncmp(s, "\xef\xbf\xbe", 3) || !strncmp(s, "\xef\xbf\xbf", 3);
}

static void put_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (no_character(s)) {
			fputc(' ', f);
			s += 2;
			continue;
		}
		switch (*s) {
		case '&': fputs("&amp;", f); break;
		case '<': fputs("&lt;", f); break;
		case '>': fputs("&gt;", f); break;
		case '"': fputs("&quot;", f); break;
		case '\'': fputs("&#39;", f); break;
		case 127: fputc(' ', f); break;
		default: fputc((unsigned char)*s < ' ' && *s != '\n' ? ' ' : *s, f);
		}
	}
}

void rl_html(FILE *f, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	for (const char *p = format; *p; p++) {
		if (*p != '%') {
			fputc(*p, f);
			continue;
		}
		switch (*++p) {
		case 's': put_text(f, va_arg(arguments, const char *)); break;
		case 'd': fprintf(f, "%d", va_arg(arguments, int)); break;
		case 'z': fprintf(f, "%zu", va_arg(arguments, size_t)), p++; break;
		case '%': fputc('%', f); break;
		default: abort(); /* one that this does not know */
		}
	}
	va_end(arguments);
}

const char *rl_html_name(const json_t *result)
{
	const char *name = json_string_value(json_object_get(result, "name"));

	return *name ? name : RL_UNNAMED;
}
