#!/bin/bash
# rl-svm and rl-lowshot on small feature streams.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests

make-features 1 72 4 feat1=20 feat4=150 >train.tar && make-features 2 60 4 feat1=20 feat4=150 >test.tar
ok $? "two feature streams"
svm() { rl-svm --train train.tar --test test.tar "$@"; }
lowshot() { rl-lowshot --train train.tar --test test.tar --shots 1,2,4 --samples 3 "$@"; }

# ---- rl-svm

svm --name "a row" --threads 1 >one.json 2>stderr
ok $? "rl-svm"
is "$(wc -l <one.json) $(jq -r '[.benchmark, .name, .layer] | join(" ")' one.json)" "1 voc07-svm a row feat4" \
	"one line of JSON that says what it is"
is "$(jq -c '[(.layers | keys), (.layers.feat1.per_class | keys)]' one.json)" \
	'[["feat1","feat4"],["class0","class1","class2","class3"]]' "every layer, every class"
jq -e '[.layers[] | (.mAP - ([.per_class[].AP] | add / length) | fabs)] | max < 1e-6' one.json >/dev/null
ok $? "mAP is the mean over classes"
jq -e '.metrics.mAP == ([.layers[].mAP] | max) and .metrics.mAP > 90 and .metrics.mAP <= 100' one.json >/dev/null
ok $? "the best layer's is the result, in percent"
jq -e '[.layers[].per_class[].cost] - .protocol.costs == []' one.json >/dev/null
ok $? "costs come from the list"
is "$(jq -c '[(.protocol.costs | length), .protocol.folds, .protocol.duality_gap]' one.json)" "[19,3,1e-08]" \
	"the protocol's constants"
jq -e '[.layers[] | .largest_duality_gap >= 0 and .largest_duality_gap < 1e-8 and .fits_at_iteration_cap == 0] | all' \
	one.json >/dev/null
ok $? "how near the optimum all fits are"
jq -e '[.layers[] | .mAP_11point != .mAP and (.mAP_11point - ([.per_class[].AP_11point] | add / length) | fabs) < 1e-6]
	| any' one.json >/dev/null
ok $? "VOC 2007's 11-point AP beside it, under its own name"
is "$(jq -r .provenance.train.digest one.json)" "$(rl-info --check train.tar | jq -r .xxh3_64)" \
	"provenance has the data's digest"
is "$(jq -c .setup one.json)" '{"data":{"train_images":72,"test_images":60,"classes":4,"class_names":["class0","class1","class2","class3"]},"views":{}}' \
	"what it is made of, as far as the streams tell"
is "$(jq -c .protocol.layers one.json)" '["feat1","feat4"]' "of which layers the best is chosen"
is "$(jq -c '[.provenance.seed, .provenance.command.args[4:6]]' one.json)" '[null,["--name","a row"]]' \
	"and the command; this solver has no seed"
fails 2 "--seed is for --solver liblinear" "nor takes one" svm --seed 3

strip='del(.provenance.command)'
svm --name "a row" --threads 3 >three.json 2>stderr
is "$(jq -S "$strip" three.json)" "$(jq -S "$strip" one.json)" "the same with 1 and 3 threads"
rl-svm --train <(cat train.tar) --test <(cat test.tar) --name "a row" >pipe.json 2>stderr
is "$(jq -c .layers pipe.json)" "$(jq -c .layers one.json)" "from pipes too"
aps='[.layers[] | .mAP, .mAP_11point, (.per_class[] | .AP, .cv_AP, .cost)]'
svm --solver liblinear --seed 3 --costs 0.001,0.1,1 --threads 1 >liblinear.json 2>stderr
svm --costs 0.001,0.1,1 >gram.json 2>stderr
jq -se '(.[0] | '"$aps"') as $a | (.[1] | '"$aps"') as $b | [$a, $b] | transpose | map(.[0] - .[1] | fabs) | max < 0.01' \
	liblinear.json gram.json >/dev/null
ok $? "--solver liblinear: the same AP to 0.01 point, and the same costs"
is "$(jq -c '[.protocol.eps, (.layers[] | has("largest_duality_gap")), .provenance.seed]' liblinear.json)" '[0.0001,false,false,3]' \
	"and the result says which solver it was, and its seed"
svm --solver liblinear --seed 3 --costs 0.001,0.1,1 --threads 3 >three.json 2>stderr
is "$(jq -S "del(.provenance.command)" three.json)" "$(jq -S "del(.provenance.command)" liblinear.json)" \
	"liblinear: the same with 1 and 3 processes"
svm --layers feat1 --costs 0.5,2 >some.json 2>stderr
jq -e '[.layer, (.layers | keys), .protocol.costs] == ["feat1", ["feat1"], [0.5, 2]]' some.json >/dev/null
ok $? "--layers and --costs"
make-features 1 72 4 feat1=20 no-names >a.tar
make-features 2 60 4 feat1=20 no-names >b.tar
is "$(rl-svm --train a.tar --test b.tar --costs 1 | jq -c '.layers.feat1.per_class | keys')" \
	'["0","1","2","3"]' "classes without names get numbers"

# ---- rl-lowshot

lowshot --name row --threads 1 >low1.json 2>stderr
ok $? "rl-lowshot"
is "$(jq -c '[.benchmark, .name, .layer, (.metrics | keys)]' low1.json)" \
	'["voc07-lowshot","row","feat4",["k=1","k=2","k=4"]]' "the result says what it is"
jq -e '.metrics == (.layers[.layer] | map_values(.mean))' low1.json >/dev/null
ok $? "metrics are the best layer's means"
jq -e '[.layers[][] | .min <= .mean and .mean <= .max and .std >= 0] | all' low1.json >/dev/null
ok $? "means lie between least and greatest"
jq -e '.layers.feat4 | .["k=4"].mean > .["k=1"].mean' low1.json >/dev/null
ok $? "more shots, more precision"
is "$(jq -c .setup low1.json)" "$(jq -c .setup one.json)" "what it is made of is told as by rl-svm"
lowshot --name row --threads 3 >low3.json 2>stderr
is "$(jq -S "$strip" low3.json)" "$(jq -S "$strip" low1.json)" "the same with 1 and 3 threads"
is "$(jq -c '[.fits.unconverged, .fits.largest_duality_gap < 1e-8, .provenance.samples]' low1.json)" \
	'[0,true,{"drawn_from_seed":0}]' "how near the optimum all fits are, and where the samples come from"
lowshot --solver libsvm >low.json 2>stderr
jq -se '[.[] | [.layers[][] | .mean, .min, .max, .std, .cost]] | transpose | map(.[0] - .[1] | fabs) | max < 0.01' \
	low.json low1.json >/dev/null
ok $? "--solver libsvm: the same AP to 0.01 point, and the same costs"
lowshot --seed 1 >low.json 2>stderr
[ "$(jq -c .layers low.json)" != "$(jq -c .layers low1.json)" ]
ok $? "another seed draws other samples"
lowshot --layers "$(jq -r .layer one.json)" >low.json 2>stderr
is "$(jq -c .layers.feat4 low.json)" "$(jq -c .layers.feat4 low1.json)" "the layer that rl-svm found best"

# ---- samples that are given

rl-cat --npy labels train.tar >labels.npy
cat >give.py <<'END'
"""give.py DIR [K SAMPLE EXPRESSION]: samples of labels.npy; one of them spoilt by an expression of t."""
import os, sys
import numpy as np
labels = np.load("labels.npy")
os.makedirs(sys.argv[1], exist_ok=True)
for k in 1, 2, 4:
    for s in 1, 2, 3:
        t = np.full(labels.shape, -1, np.int32)
        for c in range(labels.shape[1]):
            t[np.flatnonzero(labels[:, c] == 1)[s:s + k], c] = 1
            t[np.flatnonzero(labels[:, c] == 0)[s:s + 3 * k], c] = 0
        name = f"{sys.argv[1]}/train_targets_sample{s}_k{k}.npy"
        if sys.argv[2:4] == [str(k), str(s)]:
            exec(sys.argv[4])
        np.save(name, t)
END
/usr/bin/python3 give.py given
lowshot --sample-files given --threads 1 >given.json 2>stderr
ok $? "rl-lowshot --sample-files"
is "$(jq -r '.provenance.samples | .given, .sha256["train_targets_sample2_k4.npy"], (.sha256 | length)' given.json)" \
	"given
$(sha256sum <given/train_targets_sample2_k4.npy | cut -c1-64)
9" "the result says that they were given, and their hashes"
[ "$(jq -c .layers given.json)" != "$(jq -c .layers low1.json)" ]
ok $? "they are not those of the seed"
lowshot --sample-files given --solver libsvm --seed 9 >low.json 2>stderr
jq -se '[.[] | [.layers[][] | .mean, .min, .max, .std, .cost]] | transpose | map(.[0] - .[1] | fabs) | max < 0.01' \
	low.json given.json >/dev/null
ok $? "LIBSVM agrees on them, whatever the seed"
spoilt() { # EXPRESSION TEXT NAME
	/usr/bin/python3 give.py spoilt 2 3 "$1"
	fails 1 "spoilt/train_targets_sample3_k2.npy: $2" "given samples: $3" lowshot --sample-files spoilt
}
spoilt "t[3, 1] = 7" "image 3, class class1: 7 is none of 1, 0, -1" "another number"
spoilt "i = np.flatnonzero(t[:, 2] == 0)[0]; labels = labels.copy(); t[i, 2] = 1" "image 4, class class2: drawn as 1, labelled 0" \
	"a positive that is none"
spoilt "t[np.flatnonzero(labels[:, 0] == -1)[0], 0] = 0" "image 23, class class0: drawn as 0, labelled -1" "an ignored image"
spoilt "t[t[:, 3] == 1, 3] = -1" "class class3: 0 positives and 6 negatives, expected 2 and 6" "too few"
spoilt "t = t[1:]" "71 images of 4 classes, expected 72 of 4" "fewer images"
spoilt "t = t.astype('i8')" "i8 of 2 dimensions, expected i4" "another type"
spoilt "t = t.ravel()" "i4 of 1 dimensions, expected i4" "another shape"
spoilt "t = np.asfortranarray(t)" "Fortran order" "columns first"
/usr/bin/python3 give.py spoilt
truncate -s 500 spoilt/train_targets_sample1_k1.npy
fails 1 "spoilt/train_targets_sample1_k1.npy: 372 bytes of data, expected 1152" "given samples: truncated" \
	lowshot --sample-files spoilt
echo text >spoilt/train_targets_sample1_k1.npy
fails 1 "spoilt/train_targets_sample1_k1.npy: " "given samples: no array" lowshot --sample-files spoilt
fails 1 "given/train_targets_sample4_k1.npy: open" "given samples: a file less" \
	lowshot --sample-files given --samples 4

# ---- errors, the same in both programs

for tool in rl-svm rl-lowshot; do
	fails 2 "--train and --test are needed" "$tool: no streams" $tool --train train.tar
	fails 2 "no operands" "$tool: an operand" $tool --train train.tar --test test.tar more.tar
	fails 2 "--solver: newton" "$tool: no such solver" $tool --train train.tar --test test.tar --solver newton
	fails 2 "--costs: -1" "$tool: a negative cost" $tool --train train.tar --test test.tar --costs 1,-1
	fails 1 "missing.tar: open" "$tool: no such file" $tool --train missing.tar --test test.tar
	fails 1 "train.tar: no field feat3" "$tool: no such layer" \
		$tool --train train.tar --test test.tar --layers feat1,feat3
	fails 2 "feat1: twice" "$tool: a layer twice" $tool --train train.tar --test test.tar --layers feat1,feat1
	fails 1 "train.tar: the same data as train.tar" "$tool: testing on what was trained on" \
		$tool --train train.tar --test train.tar
	rl-cat --slice 7:19 test.tar | cat train.tar - >mixed.tar
	fails 1 "test.tar: 12 images are in mixed.tar, too, the first is 200007: testing on what was trained on" \
		"$tool: training with some of the test images" $tool --train mixed.tar --test test.tar
	head -c 20000 train.tar >cut.tar
	fails 1 "cut.tar: truncated" "$tool: a truncated stream" $tool --train cut.tar --test test.tar

	bad() { # SEED-AND-FAULTS TEXT NAME: as the test stream
		make-features 2 60 4 $1 >bad.tar
		fails 1 "$2" "$tool: $3" $tool --train train.tar --test bad.tar --layers feat1
	}
	bad "feat1=20 nan" "bad.tar: 200003: feat1[2] is not a finite number" "NaN, by sample and place"
	bad "feat1=20 short-row" "bad.tar: 200003: feat1 has 19 features, expected 20" "a short row"
	bad "feat1=20 bad-label" "bad.tar: 200003: label 7 of class class1" "a label out of range"
	bad "feat1=20 no-labels" "bad.tar: no field labels" "no labels"
	bad "feat1=20 other-names" "bad.tar: class 0 is other0, in train.tar class0" "other classes"
	bad "feat1=21" "bad.tar: feat1 has 21 features, in train.tar 20" "other sizes"
	bad "feat4=20" "bad.tar: no field feat1" "a layer that the test stream lacks"
	bad "feat1=20 absent" "bad.tar: class class3: no positives" "nothing to find of a class"
	make-features 2 60 3 feat1=20 >bad.tar
	fails 1 "bad.tar: 3 classes, in train.tar 4" "$tool: fewer classes" \
		$tool --train train.tar --test bad.tar --layers feat1
	make-features 2 0 4 feat1=20 >bad.tar
	fails 1 "bad.tar: no samples" "$tool: an empty stream" $tool --train bad.tar --test test.tar
	make-features 2 60 4 other=20 >bad.tar
	fails 1 "bad.tar: no features" "$tool: no features" $tool --train bad.tar --test test.tar
done

make-features 1 72 4 feat1=20 rare >rare.tar
fails 1 "class class3: 2 positives and 70 negatives: cross-validation needs at least 3" \
	"rl-svm: fewer positives than folds" rl-svm --train rare.tar --test test.tar --layers feat1
fails 1 "class class3: 2 positives in the training set, k = 4 needs 4" \
	"rl-lowshot: fewer positives than k" rl-lowshot --train rare.tar --test test.tar --layers feat1 --shots 1,2,4
rl-lowshot --train rare.tar --test test.tar --layers feat1 --shots 1,2 >stdout 2>stderr
ok $? "rl-lowshot: that k left out"
fails 1 "negatives in the training set, k = 17 needs 51" "rl-lowshot: too few negatives" \
	rl-lowshot --train train.tar --test test.tar --layers feat1 --shots 17
fails 2 "--shots: 2,1: must be ascending" "rl-lowshot: shots out of order" lowshot --shots 2,1
fails 2 "--shots: 0" "rl-lowshot: no shots" lowshot --shots 0

# ---- features of two networks ----
rl-synth --out world --layout voc --images 20 --val 20 --seed 4 --quiet
for s in trainval test; do
	rl-list voc07 world --set $s | rl-decode --size 193x193 --quiet >$s.images.tar
	for seed in 1 2; do
		rl-extract --random-init $seed --arch resnet18 --width 8 --layers feat5 --quiet <$s.images.tar >$s.$seed.tar
	done
done
for tool in rl-svm rl-lowshot; do
	fails 1 "test.2.tar: features of another network than those of trainval.1.tar" "$tool: features of two networks" \
		$tool --train trainval.1.tar --test test.2.tar
done

done_testing
