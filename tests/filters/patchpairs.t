#!/bin/bash
# rl-patchpairs: nine patches for an image, a function of seed, epoch and key alone.
. "$(dirname "$0")/tap.sh"

for i in 1 2 3 4 5 6; do
	perl -e 'my ($i) = @ARGV; binmode STDOUT; print "P6\n300 292\n255\n";
		print pack "C3", $_ * $i, $_ / 300, $_ * 7 for 0 .. 300 * 292 - 1' $i | cjpeg >$i.jpg
	echo '{"key":"k'$i'","path":"'$i'.jpg","label":'$i'}'
done >manifest
tac manifest >reversed
keys() { rl-info | jq -r .key; }
payload() { rl-info --check | jq -r .xxh3_64; }
patches() { tar xOf - --wildcards "$1.patches.npy" | cksum; }

rl-decode --epochs 2 manifest >images.tar
rl-patchpairs --seed 5 <images.tar >patches.tar
ok $? "it runs"
is "$(rl-info <patches.tar | head -1)" \
	'{"key":"k1","fields":{"label":{"dtype":"i4","shape":[]},"epoch":{"dtype":"i4","shape":[]},"position":{"dtype":"i8","shape":[]},"patches":{"dtype":"u1","shape":[9,64,64,3]}}}' \
	"patches replace the image, the rest passes"
is "$(rl-info --head <patches.tar | jq -c '[.kind,.samples,.epochs,.fields.patches.shape]')" '["patches",6,2,[9,64,64,3]]' "the head"
is "$(rl-info --head <patches.tar | jq -c '[.history[] | .tool, .seed]')" '["rl-decode",0,"rl-patchpairs",5]' "the history"
is "$(rl-cat --npy label <patches.tar | cksum)" "$(rl-cat --npy label <images.tar | cksum)" "labels are untouched"
is "$(rl-patchpairs --seed 5 <images.tar | payload)" "$(payload <patches.tar)" "the same seed, the same bytes"
[ "$(rl-patchpairs --seed 6 <images.tar | payload)" != "$(payload <patches.tar)" ]
ok $? "another seed, others"
rl-cat --slice 0:6 patches.tar >first.tar
rl-cat --slice 6:12 patches.tar >second.tar
for k in 1 2 3 4 5 6; do
	is "$(rl-decode --epochs 1 reversed | rl-patchpairs --seed 5 | patches k$k)" "$(patches k$k <first.tar)" \
		"k$k: the same patches in another order"
done
[ "$(patches k1 <first.tar)" != "$(patches k1 <second.tar)" ]
ok $? "another epoch, another cut"
is "$(rl-decode manifest | rl-patchpairs --seed 5 | patches k3)" "$(patches k3 <first.tar)" "without epochs it is epoch 0"
is "$(rl-decode --epochs 2 --start 8 manifest | rl-patchpairs --seed 5 | patches k3)" "$(patches k3 <second.tar)" "a resumed run cuts the same"
is "$(rl-patchpairs --crop 120 --patch 30 <images.tar | rl-info | tail -1 | jq -c .fields.patches.shape)" "[9,30,30,3]" "--crop and --patch"
rl-patchpairs --crop 292 --patch 97 --eval <images.tar | rl-info --check >/dev/null
ok $? "a crop as large as the image"
is "$(rl-patchpairs --eval <images.tar | payload)" "$(rl-patchpairs --eval --grey 1 <images.tar | payload)" "--eval is never grey"
[ "$(rl-patchpairs --grey 0 <images.tar | payload)" != "$(rl-patchpairs --grey 1 <images.tar | payload)" ]
ok $? "--grey"

# ---- the other recipes ----
rl-patchpairs --recipe kolesnikov --seed 5 <images.tar >standard.tar
is "$(rl-info --head <standard.tar | jq -c '[.fields.patches.dtype, .fields.patches.shape, (.history | last | .view)]')" \
	'["f4",[9,64,64,3],"random-crop=255 grey=0.66 patches=64 standardise"]' "kolesnikov: floats"
rl-cat --npy patches <standard.tar >standard.npy && rl-cat --npy patches <patches.tar >patches.npy
/usr/bin/python3 - <<'E'
import numpy as np
a, b = np.load("standard.npy"), np.load("patches.npy").astype(np.float64).reshape(-1, 9, 64 * 64 * 3)
std = np.maximum(b.std(-1, keepdims=True), 1 / np.sqrt(b.shape[-1]))
assert abs((b - b.mean(-1, keepdims=True)) / std - a.reshape(b.shape)).max() < 1e-5
E
ok $? "of mean 0 and variance 1, patch by patch"
rl-patchpairs --recipe doersch --seed 5 <images.tar >grids.tar 2>stderr
is "$? $(rl-info --head <grids.tar | jq -c '[.fields.patches, .fields.pairs, (.history | last | .view)]')" \
	'0 [{"dtype":"f4","shape":["M",96,96,3]},{"dtype":"i4","shape":["K",3]},"grids=4 colour=dropping resample mirror=0"]' \
	"doersch: grids of patches, and pairs"
is "$(rl-patchpairs --recipe doersch --seed 5 <images.tar | payload)" "$(payload <grids.tar)" "the same seed, the same bytes"
is "$(rl-decode --epochs 1 reversed | rl-patchpairs --recipe doersch --seed 5 | patches k3)" "$(rl-cat --slice 0:6 grids.tar | patches k3)" \
	"in another order the same patches"
for c in projection none; do
	[ "$(rl-patchpairs --recipe doersch --colour $c --seed 5 <images.tar | payload)" != "$(payload <grids.tar)" ]
	ok $? "--colour $c"
done
[ "$(rl-patchpairs --recipe doersch --mirror 1 --turn --seed 5 <images.tar | payload)" != "$(payload <grids.tar)" ]
ok $? "--mirror and --turn"
is "$(rl-patchpairs --recipe doersch --eval --mirror 1 --turn <images.tar | payload)" \
	"$(rl-patchpairs --recipe doersch --eval <images.tar | payload)" "--eval neither mirrors nor turns"
perl -e 'binmode STDOUT; print "P6\n600 40\n255\n", "a" x (3 * 600 * 40)' | cjpeg >thin.jpg
fails 1 "sample thin: 2499 x 167 pixels of 600 x 40: a side is below 248" "a panorama" \
	bash -c 'set -o pipefail; echo thin.jpg | rl-decode | rl-patchpairs --recipe doersch'
printf '%s\n' thin.jpg 1.jpg | rl-decode | rl-patchpairs --recipe doersch --skip-bad >some.tar 2>stderr
is "$? $(grep -c 'sample thin: .*: skipped' stderr) $(rl-info --check <some.tar | jq -c '[.samples, .skipped]')" "0 1 [1,1]" \
	"--skip-bad passes it over, and counts it"
fails 2 "--crop is not for --recipe doersch" "an option of the others" rl-patchpairs --recipe doersch --crop 100 <images.tar
fails 2 "--colour is not for --recipe mmselfsup" "an option of doersch's" rl-patchpairs --colour none <images.tar
fails 2 "--recipe: vgg: must be one of" "no such recipe" rl-patchpairs --recipe vgg <images.tar

djpeg -scale 1/2 1.jpg | cjpeg >small.jpg
fails 1 "sample small: the image is 150 x 146 pixels of 3 colours, too small for a crop of 255" "an image too small" \
	bash -c 'set -o pipefail; echo small.jpg | rl-decode | rl-patchpairs'
fails 1 "stdin: has a field lighting, which patches of 8 bits cannot hold" "a stream whose pixels are not the whole of it" \
	sh -c "rl-decode --augment lighting manifest | rl-patchpairs"
fails 1 "no field image" "a stream without images" rl-patchpairs <patches.tar
fails 1 "stdin: " "no stream" rl-patchpairs </dev/null
head -c 300000 images.tar >cut.tar
fails 1 "stdin: truncated" "a truncated stream" rl-patchpairs <cut.tar
rl-info --check <stdout >/dev/null 2>&1
is $? 1 "and what it wrote is truncated too"
fails 2 "--patch 86: larger than a third" "a patch larger than its cell" rl-patchpairs --patch 86 <images.tar
fails 2 "--grey: 1.5: must be 0 to 1" "a probability" rl-patchpairs --grey 1.5 <images.tar
fails 2 "no operands" "an operand" rl-patchpairs images.tar
fails 1 "No space left" "a full disk" bash -c 'rl-patchpairs <images.tar >/dev/full'

done_testing
