# Features of VOC07, shared by the SVM benchmarks: decode, squash to 224, extract, one GNU parallel job a
# core on slices of the manifest.  The order is the manifest's, the bytes those of a serial run.
#
# NAME is the row label and the folder under results/; what runs is
#	WEIGHTS=FILE          a safetensors file, or
#	RANDOM_INIT=SEED      an untrained network of RANDOM_ARCH (flags of rl-extract)

VOC07       ?= data/VOCdevkit
NAME        ?= $(if $(WEIGHTS),relative location,random init)
RANDOM_INIT ?= 0
RANDOM_ARCH ?= --arch resnet50
FEAT_LIST   ?= feat1,feat2,feat3,feat4,feat5
SLICE       ?= 512

space := $(subst ,, )
BENCH  = $(RESULTS)/$(subst $(space),-,$(NAME))
NETWORK = $(if $(WEIGHTS),--weights "$(WEIGHTS)",--random-init $(RANDOM_INIT) $(RANDOM_ARCH))

$(BENCH)/settings: FORCE
	@$(call check_settings,$(BENCH),VOC07=$(VOC07) $(NETWORK) --layers $(FEAT_LIST))

$(BENCH)/voc07-%.tar: $(BENCH)/settings $(WEIGHTS) | all
	$(BIN)/rl-list voc07 "$(VOC07)" --set $* | \
	parallel --will-cite --pipe --keep-order -N $(SLICE) -j $(THREADS) --halt now,fail=1 \
	    '$(BIN)/rl-decode --short-side 256 --size 224x224 --threads 1 | \
	     $(BIN)/rl-extract $(NETWORK) --layers $(FEAT_LIST) --threads 1 --quiet' | \
	$(BIN)/rl-cat > $@.partial
	mv $@.partial $@
