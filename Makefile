# make help says what there is.
include config.mk

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

# The programs of a pipe share the cores: an OpenMP thread that waits must sleep, not spin.
export OMP_WAIT_POLICY ?= passive

# SANITIZE=1 builds everything a second time under ASan and UBSan, beside the plain build; at -O1, since most of it
# runs for moments: optimising takes longer than it saves.
ifdef SANITIZE
OUT      = build/sanitize
SANFLAGS = -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
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
HELPERS  = $(notdir $(basename $(wildcard tests/unit/make-*.c)))
TEST_SRC = $(filter-out tests/unit/test-% tests/unit/make-%,$(wildcard tests/unit/*.c))
TEST_OBJ = $(TEST_SRC:%.c=$(OBJ)/%.o)

# Each program is linked with all; --as-needed keeps only what it uses; what these use in turn, the loader will see.
LDLIBS = -Wl,--as-needed,--allow-shlib-undefined -ldnnl -lopenblas -llinear -lsvm -ljpeg -lpng -lz -larchive -lzip \
         -lexpat -ljansson -lxxhash -lmd -lm -lpthread $(MPI_LIBS)

all: $(TOOLS:%=$(BIN)/%) ## build every program into bin/

# One short line a file; V=1 shows the commands.
Q = $(if $(V),,@)

$(BIN)/%: $(OBJ)/tools/%.o $(OBJ)/librl.a
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OBJ)/tests/%: $(OBJ)/tests/unit/%.o $(TEST_OBJ) $(OBJ)/librl.a
	@mkdir -p $(@D)
	@echo "  LD   $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OBJ)/librl.a: $(LIB_OBJ)
	@rm -f $@
	@echo "  AR   $@"
	$(Q)ar rcs $@ $^

$(OBJ)/%.o: %.c config.mk Makefile
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(OBJ)/lib/nn/mpi.o: CPPFLAGS += $(MPI_CFLAGS)

# The slow twins are loops in double that take most of the unit tests' time; they compute with what was checked.
$(OBJ)/tests/unit/twin.o $(OBJ)/tests/unit/twin-maps.o: SANFLAGS =

-include $(wildcard $(OBJ)/*/*.d $(OBJ)/*/*/*.d)
.PRECIOUS: $(OBJ)/%.o
.PHONY: all

# ---- packages -----------------------------------------------------------------------------------
# Debian packages that are not there yet are installed; those that are, are not touched.
define need
missing=; \
for p in $(1); do \
	dpkg-query -W -f '$${db:Status-Abbrev}' $$p 2>/dev/null | grep -q '^ii' || missing="$$missing $$p"; \
done; \
if [ -n "$$missing" ]; then \
	as=; [ "$$(id -u)" = 0 ] || as="sudo -n"; \
	if command -v apt-get >/dev/null && { [ -z "$$as" ] || sudo -n true 2>/dev/null; }; then \
		$$as apt-get -qq update; \
		DEBIAN_FRONTEND=noninteractive $$as apt-get -qq install -y --no-install-recommends $$missing >/dev/null; \
	else \
		echo "missing packages (install them, then run make again):$$missing" >&2; exit 1; \
	fi; \
fi
endef

deps: ## install the packages that building and running need
	@$(call need,$(DEPS_BUILD) $(DEPS_RUN))

deps-check: ## and those that only the tests need
	@$(call need,$(DEPS_BUILD) $(DEPS_RUN) $(DEPS_CHECK))
.PHONY: deps deps-check

# ---- tests: TAP under prove ---------------------------------------------------------------------
# The longest first, so that none is left running alone at the end; each on two threads, as several run at a time.
first = $(filter $(1),$(2)) $(filter-out $(1),$(2))
LONG_TESTS = $(addprefix %/,test-relloc test-resnet test-ops test-tapes test-detector detect-learns.t ranks.t torch.t pipelines.t \
             resume.t bench.t ranks-labels.t train.t stream.t)
UNIT = $(call first,$(LONG_TESTS),$(TESTS:%=$(OBJ)/tests/%))
FILTER_TESTS = $(call first,$(LONG_TESTS),$(wildcard tests/filters/*.t))
JOBS ?= $(shell nproc)
PROVE = RL_BIN=$(abspath $(BIN)) ASAN_OPTIONS=detect_leaks=0 OMP_NUM_THREADS=2 prove --timer -j $(JOBS)

test: all bench-programs $(UNIT) $(HELPERS:%=$(OBJ)/tests/%) ## run the tests without installing anything
	$(PROVE) --exec '' $(UNIT)
	$(PROVE) --exec bash $(FILTER_TESTS)

check: deps-check ## install what is missing, build, and run every test, also under ASan and UBSan
	+$(MAKE) --no-print-directory -j $(JOBS) all
	+$(MAKE) --no-print-directory -j $(JOBS) test
	+$(MAKE) --no-print-directory -j $(JOBS) SANITIZE=1 test
.PHONY: test check

clean: ## remove what was built; results stay
	rm -rf bin obj build
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' Makefile bench/*.mk pipelines/*.mk
	@echo; echo "The headers of pipelines/*.mk say which variables their targets take, such as LIST_FLAGS='--classes 10'."
.PHONY: clean help

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

# ---- the benchmark ------------------------------------------------------------------------------
include bench/bench.mk

# ---- pipelines: the recipes, one file a benchmark -------------------------------------------------
include pipelines/settings.mk $(filter-out pipelines/settings.mk,$(sort $(wildcard pipelines/*.mk)))
