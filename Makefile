# make help says what there is.
include config.mk

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

# SANITIZE=1 builds everything a second time under ASan and UBSan, beside the plain build.
ifdef SANITIZE
OUT      = build/sanitize
SANFLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
OUT      = .
endif
BIN = $(OUT)/bin
OBJ = $(OUT)/obj

WARN     = -std=c11 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS = -Ilib -D_GNU_SOURCE -DRL_VERSION='"$(VERSION)"'
ALL_CFLAGS = $(WARN) -fopenmp $(CFLAGS) $(SANFLAGS)

LIB_SRC  = $(wildcard lib/*/*.c)
LIB_OBJ  = $(LIB_SRC:%.c=$(OBJ)/%.o)
TOOLS    = $(notdir $(basename $(wildcard tools/rl-*.c)))
TESTS    = $(notdir $(basename $(wildcard tests/unit/test-*.c)))
TEST_SRC = $(filter-out tests/unit/test-%,$(wildcard tests/unit/*.c))
TEST_OBJ = $(TEST_SRC:%.c=$(OBJ)/%.o)

# Each program is linked with all; --as-needed keeps only what it uses.
LDLIBS = -Wl,--as-needed -ldnnl -lopenblas -llinear -lsvm -ljpeg -lpng -larchive -lexpat -ljansson \
         -lxxhash -lmd -lm -lpthread

all: $(TOOLS:%=$(BIN)/%) ## build every program into bin/

$(BIN)/%: $(OBJ)/tools/%.o $(OBJ)/librl.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OBJ)/tests/%: $(OBJ)/tests/unit/%.o $(TEST_OBJ) $(OBJ)/librl.a
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OBJ)/librl.a: $(LIB_OBJ)
	rm -f $@
	ar rcs $@ $^

$(OBJ)/%.o: %.c config.mk Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(wildcard $(OBJ)/*/*.d $(OBJ)/*/*/*.d)
.PRECIOUS: $(OBJ)/%.o
.PHONY: all

# ---- tests: TAP under prove ---------------------------------------------------------------------
# PROVE_TESTS="tests/filters/decode.t" narrows a run.
UNIT = $(TESTS:%=$(OBJ)/tests/%)
FILTER_TESTS = $(wildcard tests/filters/*.t)

test: all $(UNIT) ## run the tests without installing anything
	RL_BIN=$(abspath $(BIN)) prove --exec '' $(UNIT)
	RL_BIN=$(abspath $(BIN)) prove --exec bash $(FILTER_TESTS)
.PHONY: test

# ---- install: programs, manual pages, and what a filter of one's own needs ------------------------
HEADERS = $(wildcard lib/base/*.h) lib/stream/stream.h lib/stream/tensor.h
INSTALLED = $(TOOLS:%=$(PREFIX)/bin/%) $(patsubst man/%,$(MANDIR)/man1/%,$(wildcard man/*.1)) \
            $(HEADERS:lib/%=$(PREFIX)/include/rl/%) $(PREFIX)/lib/librl.a \
            $(PREFIX)/lib/pkgconfig/rl.pc $(PREFIX)/share/doc/rl/STREAM.md

install: all ## install under PREFIX (and DESTDIR)
	install -d $(sort $(dir $(INSTALLED:%=$(DESTDIR)%)))
	install $(TOOLS:%=$(BIN)/%) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(wildcard man/*.1) $(DESTDIR)$(MANDIR)/man1
	install -m 644 lib/base/*.h $(DESTDIR)$(PREFIX)/include/rl/base
	install -m 644 $(filter lib/stream/%,$(HEADERS)) $(DESTDIR)$(PREFIX)/include/rl/stream
	install -m 644 $(OBJ)/librl.a $(DESTDIR)$(PREFIX)/lib
	install -m 644 STREAM.md $(DESTDIR)$(PREFIX)/share/doc/rl
	printf '%s\n' 'Name: rl' 'Description: streams of tensors as Unix filters' \
	    'Version: $(VERSION)' 'Cflags: -I$(PREFIX)/include/rl' \
	    'Libs: -L$(PREFIX)/lib -lrl -ljansson -lxxhash -lmd' \
	    >$(DESTDIR)$(PREFIX)/lib/pkgconfig/rl.pc

uninstall: ## remove what install put there
	rm -f $(INSTALLED:%=$(DESTDIR)%)
.PHONY: install uninstall
