#include "data/voc.h"

#include "base/err.h"
#include "base/file.h"
#include "image/image.h"

#include <expat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 256, TEXT_SIZE = 256, FILE_LIMIT = 16 << 20, OBJECT_LIMIT = 100000 };

/* What is being read: the path of the open elements, as "/annotation/object/name", and the text of
 * the innermost.  A person's <part> has names and boxes of its own, so the whole path matters. */
struct parse {
	XML_Parser parser;
	const char *file;
	char path[PATH_SIZE];
	char text[TEXT_SIZE];
	size_t length;
	char *const *classes;
	size_t nclass;
	double width, height;
	struct rl_voc_object object;
	unsigned seen; /* bits: which coordinates the object has, and whether it has a name */
	struct rl_voc_object *objects;
	size_t nobject;
};

enum { SEEN_NAME = 1 << 4, SEEN_ALL = (1 << 5) - 1 };

/* Expat 2.9 has the function under a new name and deprecates the old one. */
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
#define LINE_NUMBER XML_GetCurrentLineNumber64
#else
#define LINE_NUMBER XML_GetCurrentLineNumber
#endif

static _Noreturn void refuse(const struct parse *p, const char *why, const char *what)
{
	rl_die("%s: line %llu: %s%s", p->file, (unsigned long long)LINE_NUMBER(p->parser), why,
	       what);
}

static double number(const struct parse *p)
{
	char *end;
	double v = strtod(p->text, &end);

	if (end == p->text || end[strspn(end, " \t\r\n")] || !isfinite(v))
		refuse(p, "not a number: ", p->text);
	return v;
}

static size_t class_index(const struct parse *p)
{
	for (size_t i = 0; i < p->nclass; i++)
		if (!strcmp(p->text, p->classes[i]))
			return i;
	refuse(p, "no class list for ", p->text);
}

static void end_object(struct parse *p)
{
	const double *b = p->object.box;

	if (p->seen != SEEN_ALL)
		refuse(p, "object without ", p->seen & SEEN_NAME ? "a whole bndbox" : "a name");
	if (b[0] < 0 || b[1] < 0 || b[0] > b[2] || b[1] > b[3])
		refuse(p, "bndbox is empty or inside out", "");
	if (p->nobject == OBJECT_LIMIT)
		refuse(p, "too many objects", "");
	p->objects = rl_realloc(p->objects, p->nobject + 1, sizeof(*p->objects));
	p->objects[p->nobject++] = p->object;
	p->object = (struct rl_voc_object){0};
	p->seen = 0;
}

static void end_leaf(struct parse *p, const char *leaf)
{
	static const char *const corner[] = {"object/bndbox/xmin", "object/bndbox/ymin",
					     "object/bndbox/xmax", "object/bndbox/ymax"};

	for (int i = 0; i < 4; i++)
		if (!strcmp(leaf, corner[i])) {
			p->object.box[i] = number(p);
			p->seen |= 1u << i;
		}
	if (!strcmp(leaf, "object/name")) {
		p->object.label = class_index(p);
		p->seen |= SEEN_NAME;
	} else if (!strcmp(leaf, "object/difficult")) {
		p->object.difficult = number(p) != 0;
	} else if (!strcmp(leaf, "object")) {
		end_object(p);
	} else if (!strcmp(leaf, "size/width")) {
		p->width = number(p);
	} else if (!strcmp(leaf, "size/height")) {
		p->height = number(p);
	}
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct parse *p = user;
	size_t n = strlen(p->path);

	(void)attributes;
	if (n + 1 + strlen(name) >= sizeof(p->path))
		refuse(p, "elements nested too deep", "");
	p->path[n] = '/';
	strcpy(p->path + n + 1, name);
	if (n == 0 && strcmp(name, "annotation"))
		refuse(p, "not a VOC annotation but ", name);
	p->text[p->length = 0] = '\0';
}

static void on_text(void *user, const char *s, int n)
{
	struct parse *p = user;

	if (p->length + (size_t)n >= sizeof(p->text))
		n = (int)(sizeof(p->text) - 1 - p->length);
	memcpy(p->text + p->length, s, (size_t)n);
	p->text[p->length += (size_t)n] = '\0';
}

static void on_end(void *user, const char *name)
{
	struct parse *p = user;
	const size_t root = strlen("/annotation/");

	(void)name;
	if (strlen(p->path) > root)
		end_leaf(p, p->path + root);
	*strrchr(p->path, '/') = '\0';
	p->text[p->length = 0] = '\0';
}

/* Annotations have no DTD; refusing one refuses every trick with entities. */
static void on_doctype(void *user, const char *name, const char *sysid, const char *pubid, int sub)
{
	(void)sysid, (void)pubid, (void)sub;
	refuse(user, "document type declared: ", name);
}

static bool is_side(double x)
{
	return x >= 1 && x <= RL_MAX_SIDE;
}

void rl_voc_read_xml(const char *path, char *const *classes, size_t nclass, struct rl_voc_image *m)
{
	struct parse p = {.file = path, .classes = classes, .nclass = nclass};
	size_t size;
	char *text = rl_file_read(path, FILE_LIMIT, &size);

	p.parser = XML_ParserCreate(NULL);
	if (!p.parser)
		rl_die("out of memory");
	XML_SetUserData(p.parser, &p);
	XML_SetElementHandler(p.parser, on_start, on_end);
	XML_SetCharacterDataHandler(p.parser, on_text);
	XML_SetStartDoctypeDeclHandler(p.parser, on_doctype);
	if (XML_Parse(p.parser, text, (int)size, 1) != XML_STATUS_OK)
		refuse(&p, "not XML: ", XML_ErrorString(XML_GetErrorCode(p.parser)));

	if (!is_side(p.width) || !is_side(p.height))
		rl_die("%s: no size of the image", path);
	for (size_t i = 0; i < p.nobject; i++)
		if (p.objects[i].box[2] > p.width || p.objects[i].box[3] > p.height)
			rl_die("%s: the bndbox of object %zu leaves the image", path, i + 1);
	XML_ParserFree(p.parser);
	free(text);
	m->height = (int)p.height, m->width = (int)p.width;
	m->objects = p.objects;
	m->nobject = p.nobject;
}
