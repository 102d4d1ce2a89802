# make bench: how fast this is on this machine, in one run, against what it could be and against others.
# BENCH_ROUNDS, BENCH_IMAGES (a micro-batch of training), BENCH_BATCH (of extraction), BENCH_MANY (samples that
# memory is measured over), BENCH_SIDES (of a detector's images), BENCH_REGIONS (of such an image, for the heads),
# BENCH_CROP (side of images that are segmented), BENCH_FITTED (images that SVMs are fitted to), BENCH_FITTED_CLASSES
# (of the 20, those that LIBLINEAR and scikit-learn fit) and BENCH_THREADS may be set on make's command line; BENCH_DIR
# is where inputs, samples and the optional peers live.  The peers know ResNet-50 alone: BENCH_NET is for tests.
# pycocotools, which Debian lacks, takes part where BENCH_PYTHON has it.
BENCH_DIR     = build/bench
BENCH_OUT     = bench/results.json
BENCH_ROUNDS  = 5
BENCH_IMAGES  = 64
BENCH_BATCH   = 32
BENCH_MANY    = 100000
BENCH_SIDES   = 800:1333
BENCH_CROP    = 512
BENCH_REGIONS = 512
BENCH_FITTED  = 5011
BENCH_FITTED_CLASSES = 1
BENCH_THREADS = $(shell nproc)
BENCH_NET     = --arch resnet50
BENCH_PYTHON  = /usr/bin/python3
BENCH_ROWS    = $(sort $(wildcard bench/rows/*.sh))
BENCH_ORT     = 1.30.0
BENCH_PROGRAMS = $(patsubst bench/%.c,$(OBJ)/bench/%,$(wildcard bench/*.c))

$(OBJ)/bench/%: $(OBJ)/bench/%.o $(OBJ)/librl.a
	@echo "  LD   $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

bench-programs: all $(BENCH_PROGRAMS)

bench: bench-programs ## measure everything against the conv floor and the peers that are installed
	@BIN=$(abspath $(BIN)) FLOOR=$(abspath $(OBJ)/bench) DIR=$(BENCH_DIR) OUT=$(BENCH_OUT) \
	    ROUNDS=$(BENCH_ROUNDS) IMAGES=$(BENCH_IMAGES) BATCH=$(BENCH_BATCH) \
	    MANY=$(BENCH_MANY) SIDES=$(BENCH_SIDES) CROP=$(BENCH_CROP) FITTED=$(BENCH_FITTED) FITTED_CLASSES=$(BENCH_FITTED_CLASSES) \
	    REGIONS=$(BENCH_REGIONS) NET='$(BENCH_NET)' \
	    THREADS=$(BENCH_THREADS) PYTHON=$(BENCH_PYTHON) \
	    bash bench/bench.sh $(BENCH_ROWS)

bench-deps: ## install the peers that make bench compares with: PyTorch, scikit-learn, ONNX Runtime
	@$(call need,$(DEPS_BENCH) $(if $(shell command -v npm),,nodejs npm))
	npm install --prefix $(BENCH_DIR) --ignore-scripts --no-audit --no-fund onnxruntime-node@$(BENCH_ORT)
.PHONY: bench bench-programs bench-deps
