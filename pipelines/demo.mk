# The main job, small: draw two synthetic worlds, learn from the photos of one without labels, and test the
# features on the labelled other, beside an untrained network of the same shape.
#
# The page's recipe does not learn in small batches (see rl-train's manual), so this one runs AdamW.
# The results stay in demo/; remove it to start anew.

DEMO_TRAIN  = --arch resnet18 --width 16 --hidden 512 --batch 32 --accumulate 1 \
              --optimizer adamw --lr 0.001 --lr-batch 32 --weight-decay 0.05 --head-weight-decay 0.05 \
              --log-every 25
DEMO        = $(MAKE) --no-print-directory RESULTS=demo/results VOC07=demo/world SLICE=100 \
              LOWSHOT_FLAGS="--shots 1,2,4,8,16"
DEMO_RELLOC = $(DEMO) NAME="relative location" WEIGHTS=demo/results/pretrain/weights.safetensors
DEMO_RANDOM = $(DEMO) NAME="random init" RANDOM_ARCH="--arch resnet18 --width 16"

demo: deps ## install what is missing, build, and run the main job on a synthetic world
	+$(MAKE) --no-print-directory -j $(JOBS) all
	+$(MAKE) --no-print-directory demo/photos demo/world
	+$(DEMO) pretrain PHOTOS=demo/photos/train HELD_OUT=demo/photos/val EPOCHS=8 TRAIN_FLAGS="$(DEMO_TRAIN)"
	+$(DEMO_RANDOM) voc07-lowshot voc07-neighbours
	+$(DEMO_RELLOC) voc07-lowshot voc07-neighbours
	$(BIN)/rl-report --markdown demo/results/random-init/*.json demo/results/relative-location/*.json \
	    demo/results/pretrain/pretext.json > demo/table.md.partial
	mv demo/table.md.partial demo/table.md
	+$(DEMO) demo/results/world.png
	@echo; cat demo/table.md
	+@$(DEMO) page
.PHONY: demo

demo/results/world.png: | demo/world all
	$(BIN)/rl-list voc demo/world --year 2007 --set test | sed -n 1,12p | $(BIN)/rl-decode | \
	$(BIN)/rl-draw --quiet --sheet $@
	echo "The world whose photos the features are tested on, with what is in them." > $(@:.png=.txt)

demo/photos: | all
	@mkdir -p demo
	$(BIN)/rl-synth --out $@ --layout imagefolder --seed 1 --images 1600 --val 200

demo/world: | all
	@mkdir -p demo
	$(BIN)/rl-synth --out $@ --layout voc --seed 2 --images 500 --val 400
