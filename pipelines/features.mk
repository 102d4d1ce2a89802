# Features of VOC07, shared by the SVM benchmarks: decode, squash to 224, extract, one GNU parallel job a
# core on slices of the manifest.  The order is the manifest's, the bytes those of a serial run.
#
# NAME is the row label and the folder under results/: "relative location" of what rl-train has written as
# weights.safetensors, else the name of the weights' file.  What runs is
#	WEIGHTS=FILE          a safetensors file, or
#	RANDOM_INIT=SEED      an untrained network of RANDOM_ARCH (flags of rl-extract)
# FEAT_LIST are the layers, SLICE is the number of images in a slice.

VOC07       = data/VOCdevkit
NAME        = $(if $(WEIGHTS),$(patsubst weights,relative location,$(basename $(notdir $(WEIGHTS)))),random init)
RANDOM_INIT = 0
RANDOM_ARCH = --arch resnet50
FEAT_LIST   = feat1,feat2,feat3,feat4,feat5
SLICE       = 512

space := $(subst ,, )
BENCH  = $(RESULTS)/$(subst $(space),-,$(NAME))
NETWORK = $(if $(WEIGHTS),--weights "$(WEIGHTS)",--random-init $(RANDOM_INIT) $(RANDOM_ARCH))

# $(call extract,MANIFEST,FLAGS OF RL-DECODE,LAYERS): the recipe of a feature stream.  Until all slices are done, they
# are in $@.parts, each with its piece of the manifest: stopped or killed, it goes on from there.
define extract
[ -e $@.parts ] || { rm -rf $@.slices; mkdir $@.slices; \
	$(1) | split -d -a 6 -l $(SLICE) - $@.slices/; mv $@.slices $@.parts; }
parallel --will-cite -j $(THREADS) --halt now,fail=1 '[ -e {}.tar ] || { \
	$(BIN)/rl-decode $(2) $(DECODE_FLAGS) --threads 1 < {} | \
	$(BIN)/rl-extract $(NETWORK) --layers $(3) --threads 1 --quiet > {}.$$$$ && mv {}.$$$$ {}.tar; }' ::: $@.parts/?????? || { rm -f $@.parts/*.*[0-9]; exit 1; }
cat $@.parts/*.tar | $(BIN)/rl-cat > $@.partial
mv $@.partial $@
rm -r $@.parts
endef

# Files that are asked for are named by content: another under the same path is another network, or other images.
content_hash = $(shell sha256sum "$(1)" 2>/dev/null | cut -c1-64)
weights_hash = $(if $(WEIGHTS),$(call content_hash,$(WEIGHTS)))

VOC07.holds = VOC2007 with its JPEGImages, Annotations and ImageSets
$(BENCH)/voc07-trainval.tar.settings $(BENCH)/voc07-test.tar.settings: $(BENCH)/voc07-%.tar.settings: FORCE
	@$(call need_inputs,VOC07)
	@$(call check_settings,$(BENCH)/voc07-$*.tar,VOC07=$(VOC07) $(NETWORK) $(weights_hash) --layers $(FEAT_LIST)$(decode_is),$(BENCH)/voc07-*.tar $(BENCH)/voc07-*.tar.parts)

$(BENCH)/voc07-trainval.tar $(BENCH)/voc07-test.tar: $(BENCH)/voc07-%.tar: $(BENCH)/voc07-%.tar.settings | all
	$(call extract,$(BIN)/rl-list voc07 "$(VOC07)" --set $*,--short-side 256 --size 224x224,$(FEAT_LIST))
