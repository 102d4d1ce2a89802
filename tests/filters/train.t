# rl-train: patches in, weights, log, checkpoints and result out.
. "$(dirname "$0")/tap.sh"

small="--arch resnet18 --width 8 --hidden 32 --quiet"
fit="--batch 8 --accumulate 1 --optimizer adamw --lr 0.001 --lr-batch 8 $small"

rl-synth --out photos --layout imagefolder --images 18 --val 6 --seed 3 --quiet
find photos/train -name '*.jpg' | sort >list
patches() { rl-decode --short-side 292 --quiet "$@" | rl-patchpairs --quiet; }
patches --epochs 3 --shuffle <list >train.tar
find photos/val -name '*.jpg' | sort | rl-decode --short-side 292 --quiet | rl-patchpairs --eval --quiet >val.tar

# ---- a run ----
rl-train --out a $fit --val val.tar --log-every 2 --checkpoint-every 2 --keep 2 <train.tar >a.json 2>stderr
is $? 0 "a small run ends well"
is "$(wc -l <stderr)" 0 "and quietly"
is "$(jq -c '[.step, .epoch]' a/log.jsonl | tr -d '\n')" "[2,0][4,1][6,1][8,2][9,2]" \
	"18 images in batches of 8 make 3 steps an epoch; the log has every second and the last"
jq -e '.loss > 0 and .accuracy >= 0 and .lr > 0 and .samples_per_s > 0' a/log.jsonl >/dev/null
ok $? "a log line has loss, accuracy, lr and samples a second"
is "$(ls a | tr '\n' ' ')" "checkpoint-8.safetensors checkpoint-9.safetensors log.jsonl weights.safetensors " \
	"the two newest checkpoints, the log and the weights are there, and nothing half-written"
is "$(jq -c '[.benchmark, (.metrics | keys), .pairs, .metrics.chance]' a.json)" \
	'["pretext",["accuracy","chance","ln 8","loss"],48,12.5]' "the result has the held-out accuracy beside chance"
is "$(jq -r '[.provenance[].tool] | join(" ")' a.json)" "rl-decode rl-patchpairs rl-train" \
	"the result says what made it"
is "$(jq -r '.provenance[-1].inputs[] | select(.path == "a/weights.safetensors").sha256' a.json)" \
	"$(sha256sum <a/weights.safetensors | cut -d' ' -f1)" "and which weights came out, by SHA-256"

is "$(jq -cS '.setup | del(.network.precision, .pretraining.precision)' a.json)" "$(jq -cSn '{
	data: {train_images: 18, test_images: 6}, network: {depth: 18, width: 8},
	pretraining: {task: "relative location", images: 18, view: "resize=292 random-crop=255 grey=0.66 patches=64",
		epochs: 3, batch: 8, statistics: 8, optimizer: "adamw", lr: 0.001, momentum: "none", weight_decay: 0.0001, head_weight_decay: 0.0005,
		head_lr: 1, warmup: 5, warmup_ratio: 0.1, steps: "30,50", of_epochs: 70, gamma: 0.1, hidden: 32, dropout: 0.5,
		neck_momentum: 0.003, precise_bn: 1024}}')" "and what it is made of"

cat >st.py <<'E2'
import json, struct, sys
f = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", f[:8])[0]
h = json.loads(f[8:8 + n])
names = [k for k in h if k != "__metadata__"]
print(len(names), "backbone" in str(names), h["conv1.weight"]["shape"], h["layer4.1.bn2.num_batches_tracked"]["dtype"],
      h["__metadata__"]["arch"])
E2
is "$(/usr/bin/python3 st.py a/weights.safetensors)" "120 False [8, 3, 7, 7] I64 resnet18" \
	"weights have torchvision's names, all 120 of a ResNet-18 without its fc"
rl-weights import a/checkpoint-9.safetensors --out trunk.safetensors 2>said
learned() { rl-weights show $1 | jq -r 'select(.name // "" | test("weight|bias")) | [.name, .xxh3_64] | @tsv'; }
is "$? $(learned trunk.safetensors | sha256sum) $(sed -n 's/.*: left out: //p' said | sed 's/([0-9]*)/N/g')" \
	"0 $(learned a/weights.safetensors | sha256sum) head.* N, neck.* N, optim.* N, xxh3_64 N" "a checkpoint's network is imported without the rest"

# ---- the same bits ----
rl-train --out b $fit --log-every 2 <train.tar >b.json 2>stderr
cmp -s a/weights.safetensors b/weights.safetensors
is $? 1 "the history in the weights differs between runs into other directories"
is "$(tensors a/weights.safetensors)" "$(tensors b/weights.safetensors)" "the same seed gives the same bits"
rl-train --out c $fit --seed 1 <train.tar >c.json 2>stderr
[ "$(tensors a/weights.safetensors)" != "$(tensors c/weights.safetensors)" ]
ok $? "another seed gives others"
rl-train --out narrow $fit --val val.tar --precision bf16 <train.tar >narrow.json 2>stderr
is $? 0 "a run in bfloat16 ends well, on any CPU"
is "$(jq -r '.provenance[-1].precision' narrow.json)" "bf16" "and says so"
jq -e '.last_epoch.loss < 2.5 and .metrics.loss < 2.5' narrow.json >/dev/null
ok $? "its loss is a loss"
is "$(jq -c '.metrics' b.json)" "{}" "without --val there is no held-out number"

# ---- micro-batches ----
rl-train --out d --batch 4 --accumulate 3 --optimizer adamw --lr 0.001 --lr-batch 12 --log-every 1 $small \
	<train.tar >d.json 2>stderr
is "$(jq -c '[.step, .epoch]' d/log.jsonl | tr -d '\n')" "[1,0][2,0][3,1][4,1][5,2][6,2]" \
	"18 images in 3 micro-batches of 4 make 2 steps an epoch"

# ---- the schedule ----
rl-train --out e --batch 8 --accumulate 1 --lr 0.4 --lr-batch 64 --head-lr 0.1 --recipe-epochs 3 --warmup 1 \
	--steps 2 --log-every 1 --width 8 --hidden 32 --arch resnet18 <train.tar 2>stderr >e.json
grep -q 'learning rate 0.05 = 0.4 x 8/64, warm-up 3 steps, x0.1 at step 6 (of 9)' stderr
ok $? "the scaling of the rate and the schedule are printed"
is "$(jq -c .lr e/log.jsonl | tr '\n' ' ')" "0.005 0.02 0.035 0.05 0.05 0.05 0.005 0.005 0.005 " \
	"warm-up from a tenth, then the step"

# ---- said aloud ----
rl-train --out f0 --batch 8 --accumulate 1 $small <train.tar >/dev/null 2>stderr
grep -q 'rl-train: SGD with the full rate on neck and head is known to diverge at a batch of 8' stderr
ok $? "the recipe at a batch too small is warned about"
rl-train --out f $fit --lr 0 --batch 2 --recipe-epochs 3 --warmup 2.5 <train.tar >/dev/null 2>stderr
grep -q 'has not left chance' stderr
ok $? "a loss that stays at chance is warned about"
patches --epochs 8 <list >long.tar
rl-train --out g $small --batch 8 --accumulate 32 --lr 1000 --lr-batch 1 --head-lr 1000 --weight-decay 10 \
	--head-weight-decay 10 <long.tar >stdout 2>stderr
[ $? -eq 1 ] && grep -q 'step [0-9]: the loss is not finite' stderr
ok $? "a loss that is not finite ends the run"
[ ! -e g/weights.safetensors ]
ok $? "and leaves no weights"

rl-train --out g2 $fit --lr 50 --batch 4 <long.tar >/dev/null 2>stderr
grep -q 'above chance (2.079): the run has diverged' stderr
ok $? "a run that ends above chance says so"
rl-train --out g3 $fit --lr 1 --batch 4 <train.tar >/dev/null 2>stderr
is "$(jq -s 'last.loss > 2.18' g3/log.jsonl) $(grep -c diverged stderr)" "true 0" "one of 15 steps does not: they tell nothing"

# ---- bad photos on the way ----
cp -r photos skip && head -c 900 "$(head -1 list)" >skip/"${list:-}cut.jpg"
(cat list; echo skip/cut.jpg) | rl-decode --short-side 292 --epochs 2 --shuffle --skip-bad --quiet 2>/dev/null |
	rl-patchpairs --quiet | rl-train --out h $fit --log-every 1 >h.json 2>stderr
is $? 0 "photos skipped upstream do not end a run"
is "$(wc -l <stderr)" 0 "nor are they news"
is "$(jq -s length h/log.jsonl)" 6 "epochs are as long as what came"

# ---- errors ----
fails 2 "--out is missing" "no --out" rl-train <train.tar
fails 2 "--arch: vgg: must be one of" "an unknown network" rl-train --out x --arch vgg <train.tar
fails 2 "--batch: 0: must be" "a batch of nothing" rl-train --out x --batch 0 <train.tar
fails 2 "--steps: x: not a number" "a milestone that is no number" rl-train --out x $fit --steps 1,x <train.tar
fails 2 "unexpected operand" "an operand" rl-train --out x $fit train.tar </dev/null
head -c 3200000 train.tar >cut.tar
fails 1 "truncated" "a truncated stream" rl-train --out x $fit <cut.tar
[ ! -e x/weights.safetensors ] && [ -e x/checkpoint-4.safetensors ]
ok $? "leaves no weights, but what was learned so far"
fails 1 "stdin: head: patches are not u1 or f4 9 x 48 x 48 x 3" "another patch size than was asked for" \
	rl-train --out x3 $fit --patch 48 <train.tar
rl-decode --short-side 292 --epochs 1 --quiet <list >images.tar
fails 1 'a stream of images, not of patches' "images where patches are wanted" rl-train --out x3 $fit <images.tar
rl-cat --slice 0:9 train.tar >nine.tar
fails 1 'rl-decode --epochs does' "a stream that does not say how many samples" rl-train --out x3 $fit <nine.tar
fails 1 "not the name of a directory" "an output directory without a name" rl-train --out "" $fit <train.tar
cat >lie.py <<'E2'
import io, json, sys, tarfile
old, new = tarfile.open(sys.argv[1]), tarfile.open(sys.argv[2], "w", format=tarfile.USTAR_FORMAT)
for m in old:
    data = old.extractfile(m).read()
    if m.name == "__rl__/head.json":
        head = json.loads(data)
        head[sys.argv[3]] = int(sys.argv[4])
        data = json.dumps(head).encode()
        m.size = len(data)
    new.addfile(m, io.BytesIO(data))
new.close()
E2
/usr/bin/python3 lie.py train.tar lie.tar samples 4611686018427387904
fails 1 '"samples" is 4611686018427387904' "an absurd number of samples" rl-train --out x3 $fit <lie.tar
/usr/bin/python3 lie.py train.tar lie.tar epochs 1099511627776
fails 1 '"epochs" is 1099511627776' "an absurd number of epochs" rl-train --out x3 $fit <lie.tar
/usr/bin/python3 lie.py train.tar lie.tar samples 17
fails 1 'position 51, but the head announces 3 epochs of 17 samples' "more samples than the head announces" \
	rl-train --out x4 $fit <lie.tar
/usr/bin/python3 lie.py train.tar lie.tar samples 19
rl-train --out x2 $fit <lie.tar >/dev/null 2>stderr
grep -q '54 samples and 0 skipped, but its head announces 57' stderr
ok $? "fewer are warned about"
rl-cat --fields patches train.tar >unnumbered.tar
fails 1 "several epochs, but no field position" "several epochs of samples without a number" \
	rl-train --out x3 $fit <unnumbered.tar
patches --epochs 3 --start 5 <list >late.tar
fails 1 "starts at sample 5, but the run goes on at 0: rl-decode --start 0" "a stream that starts too late" \
	rl-train --out x3 $fit <late.tar
[ ! -e x3 ]
ok $? "none of them left a directory"
fails 1 "a/weights.safetensors: is there already" "a directory that holds weights" rl-train --out a $fit <train.tar
touch file
fails 1 "file" "an output directory that is a file" rl-train --out file/x $fit <train.tar
fails 1 "nowhere.tar: " "held-out patches that are not there: before hours are spent" \
	rl-train --out y $fit --val nowhere.tar <train.tar
fails 1 "images.tar: a stream of images, not of patches" "held-out images that are not cut into patches" rl-train --out y $fit --val images.tar <train.tar
fails 1 "truncated" "held-out patches that are cut" rl-train --out y $fit --val cut.tar <train.tar
[ ! -e y/log.jsonl ]
ok $? "nothing was trained"
{ head -1 list && find photos/val -name '*.jpg'; } | rl-decode --short-side 292 --quiet | rl-patchpairs --eval --quiet >mixed.tar
fails 1 "$(head -1 list | sed 's/.jpg//'): is among the images to train on and those to test on" "one image for both" \
	rl-train --out y $fit --val mixed.tar <train.tar
done_testing
