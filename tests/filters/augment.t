#!/bin/bash
# rl-augment: operations on images, a function of seed, epoch and key alone.
. "$(dirname "$0")/tap.sh"
PATH=$PATH:${RL_BIN:-$top/bin}/../obj/tests

for i in 1 2 3 4 5 6; do
	perl -e 'my ($i) = @ARGV; binmode STDOUT; my ($w, $h) = (40 + $i, 50 - $i); print "P6\n$w $h\n255\n";
		print pack "C3", $_ * $i & 255, $_ / $w, $_ * 7 & 255 for 0 .. $w * $h - 1' $i | cjpeg >$i.jpg
	echo '{"key":"k'$i'","path":"'$i'.jpg","label":'$i'}'
done >manifest
tac manifest >reversed
payload() { rl-info --check | jq -r .xxh3_64; }
image() { tar xOf - --wildcards "$1.image.npy" | cksum; }
recipe="random-resized-crop=32 flip color-jitter=0.4,0.4,0.4,0.1 lighting=0.1"

rl-decode --epochs 2 manifest >images.tar
rl-augment --seed 5 $recipe <images.tar >out.tar
ok $? "it runs"
is "$(rl-info <out.tar | head -1)" \
	'{"key":"k1","fields":{"image":{"dtype":"u1","shape":[32,32,3]},"label":{"dtype":"i4","shape":[]},"epoch":{"dtype":"i4","shape":[]},"position":{"dtype":"i8","shape":[]},"lighting":{"dtype":"f4","shape":[3]}}}' \
	"lighting is added, the rest passes"
is "$(rl-info --head <out.tar | jq -c '[.kind,.samples,.epochs,.fields.image.shape]')" '["images",6,2,[32,32,3]]' "the head"
is "$(rl-info --head <out.tar | jq -c '.history[1] | [.tool,.seed,.args[2:]]')" \
	'["rl-augment",5,["random-resized-crop=32","flip","color-jitter=0.4,0.4,0.4,0.1","lighting=0.1"]]' "the history"
view() { rl-info --head | jq -c '[.history[].view | select(.)]'; }
is "$(view <out.tar)" '["","random-resized-crop=32 flip color-jitter=0.4,0.4,0.4,0.1 lighting"]' \
	"and in it what is done to the images, without what goes without saying"
is "$(rl-decode manifest | rl-augment resize=32 random-resized-crop=24x32,0.2,1 flip=0.5 flip=1 squash=9x8 | view)" \
	'["","resize=32 random-resized-crop=24x32,0.2 flip flip=1 squash=9x8"]' "in one spelling"
is "$(rl-decode --short-side 40 --size 36x34 --augment " center-crop=32x32  grey=1" manifest | view)" \
	'["resize=40 squash=36x34 center-crop=32 grey"]' "which the decoder uses as well"
is "$(rl-decode --short-side 40 --size 36x36 manifest | rl-patchpairs --crop 36 --patch 12 --grey 0.5 | view)" \
	'["resize=40 squash=36","random-crop=36 grey=0.5 patches=12"]' "and rl-patchpairs"
is "$(rl-decode manifest | rl-augment multi-resize=30,40:50 flip | view)" '["","multi-resize=30,40:50 flip"]' "of all sizes"
is "$(rl-decode --short-side 40 manifest | rl-patchpairs --crop 36 --patch 12 --eval | view)" \
	'["resize=40","center-crop=36 patches=12"]' "also where it draws less"
is "$(rl-cat --npy label <out.tar | cksum)" "$(rl-cat --npy label <images.tar | cksum)" "labels are untouched"
for threads in 1 2 7; do
	is "$(rl-augment --threads $threads --seed 5 $recipe <images.tar | payload)" "$(payload <out.tar)" "the same bytes with $threads threads"
done
[ "$(rl-augment --seed 6 $recipe <images.tar | payload)" != "$(payload <out.tar)" ]
ok $? "another seed, others"

rl-cat --slice 0:6 out.tar >first.tar
rl-cat --slice 6:12 out.tar >second.tar
[ "$(image k1 <first.tar)" != "$(image k1 <second.tar)" ]
ok $? "another epoch, another crop"
is "$(rl-decode --epochs 1 reversed | rl-augment --seed 5 $recipe | image k3)" "$(image k3 <first.tar)" "another order, the same crop"
is "$(rl-decode manifest | rl-augment --seed 5 $recipe | image k3)" "$(image k3 <first.tar)" "without epochs it is epoch 0"
is "$(rl-decode --epochs 2 --start 8 manifest | rl-augment --seed 5 $recipe | payload)" "$(rl-cat --slice 8:12 out.tar | payload)" \
	"a resumed run goes on"
is "$(rl-decode --epochs 2 --shard 1/2 manifest | rl-augment --seed 5 $recipe | image k4)" "$(image k4 <out.tar)" "a shard has its part"

shape() { rl-augment "$@" <images.tar | rl-info --head | jq -c .fields.image.shape; }
is "$(shape resize=32)" '["H","W",3]' "sizes that differ are named in the head"
is "$(shape resize=36 center-crop=30x34 flip grey=0.5)" '[34,30,3]' "a crop fixes them"
is "$(shape squash=30x20 resize=10 photometric)" '[10,15,3]' "a resize of a fixed size does, too"
is "$(shape multi-resize=30:40)" '["H","W",3]' "so does one with a longest side, of a fixed size"
is "$(shape squash=30x20 multi-resize=30:40)" '[27,40,3]' "which is as large as it can be"
is "$(shape squash=30x20 multi-resize=18,20:40)" '["H","W",3]' "but not one of several"
is "$(rl-augment --seed 2 squash=30x20 multi-resize=18,20:40 <images.tar | rl-info | jq -c .fields.image.shape | sort -u | xargs)" \
	"[18,27,3] [20,30,3]" "which is drawn"
is "$(rl-augment --seed 2 multi-resize=36,40:45 <images.tar | rl-augment multi-resize=20:24 | payload)" \
	"$(rl-augment --seed 2 multi-resize=36,40:45 multi-resize=20:24 <images.tar | payload)" "one after the other"
is "$(rl-decode manifest | rl-augment resize=32 | payload)" "$(rl-decode --short-side 32 manifest | payload)" "a resize is the decoder's"

# ---- in the decoder ----

decode() { rl-decode --epochs 2 --shuffle --seed 5 manifest "$@"; }
decode --augment "$recipe" >inside.tar
is "$(payload <inside.tar)" "$(decode | rl-augment --seed 5 $recipe | payload)" "rl-decode --augment makes the same samples"
is "$(rl-info --head <inside.tar | jq -c 'del(.history)')" "$(decode | rl-augment --seed 5 $recipe | rl-info --head | jq -c 'del(.history)')" \
	"and the same head"
is "$(decode --augment "resize=40  random-crop=32" --threads 3 | payload)" "$(decode | rl-augment --seed 5 resize=40 random-crop=32 | payload)" \
	"whatever the threads"
is "$(rl-decode --short-side 40 --augment "random-crop=32" manifest | payload)" "$(rl-decode --augment "resize=40 random-crop=32" manifest | payload)" \
	"after the decoder's own sizes"
is "$(rl-decode --augment "center-crop=42x45" --skip-bad manifest 2>stderr | rl-info --check | jq -c '[.samples,.skipped]')" "[4,2]" \
	"what is too small is bad"
rm stderr
fails 1 "1.jpg: 41 x 49 pixels, too small for a crop of 42 x 45" "and ends the program" rl-decode --augment center-crop=42x45 manifest
fails 1 "16384 x 16384 pixels, the limit is 178956970" "an image that would become too large" rl-augment random-resized-crop=16384 <images.tar
fails 2 "no operations" "none in it" rl-decode --augment " " manifest
fails 2 "more than 16 operations" "too many" rl-decode --augment "$(yes flip | head -20 | xargs)" manifest

# ---- what is known about an image follows it ----

make-annotated 40 >annotated.tar
rl-augment --seed 5 random-resized-crop=24x32 flip photometric <annotated.tar >followed.tar
rl-info --check <followed.tar >/dev/null
ok $? "boxes, classes, flags, masks and labels come out as declared"
is "$(rl-info --head <followed.tar | jq -c '.fields | map(.shape)')" '[[32,24,3],["N",4],["N"],["N"],null,[32,24]]' "which is as many as are left"
is "$(rl-info <followed.tar | jq -c 'select(.fields) | .fields | [.boxes.shape[0] == .classes.shape[0], .boxes.shape[0] == .ignore.shape[0]]' | sort -u)" \
	"[true,true]" "of all alike"
[ "$(rl-info <followed.tar | jq 'select(.fields) | .fields.boxes.shape[0]' | sort -un | xargs)" = "0 1 2" ]
ok $? "of some images all, of some none"
is "$(rl-augment --seed 5 --threads 1 random-resized-crop=24x32 flip photometric <annotated.tar | payload)" "$(payload <followed.tar)" \
	"whatever the threads"
is "$(rl-augment flip=1 flip=1 <annotated.tar | rl-cat --npy boxes | cksum)" "$(rl-cat --npy boxes <annotated.tar | cksum)" "mirrored twice, nothing moves"
make-annotated 3 planes >planes.tar
fails 1 "sample a0: the field segmentation has another size than the image" "labels of another size" rl-augment flip <planes.tar
make-annotated 3 types >types.tar
fails 1 "the field classes is not i4 with 1 dimension" "classes of another type" rl-augment flip <types.tar
make-annotated 0 | rl-augment flip | rl-info --check >/dev/null
ok $? "no images at all"

# ---- what is wrong ----

fails 1 "sample k5: 45 x 45 pixels, too small for a crop of 46 x 44" "an image too small" rl-augment center-crop=46x44 flip \
	< <(rl-cat --slice 4:6 images.tar)
fails 2 "no operations" "no operation" rl-augment <images.tar
fails 2 "mirror: no such operation" "an unknown one" rl-augment mirror <images.tar
fails 2 "center-crop: needs a size" "a size missing" rl-augment center-crop <images.tar
fails 2 "squash: 0: must be 1 to 16384" "a size too small" rl-augment squash=5x0 <images.tar
fails 2 "resize: 3x4: not a whole number" "one size wanted" rl-augment resize=3x4 <images.tar
fails 2 "multi-resize: needs sizes: multi-resize=SHORT[,SHORT...]:LONG" "no sides" rl-augment multi-resize <images.tar
fails 2 "multi-resize: needs sizes" "no longest side" rl-augment multi-resize=30,40 <images.tar
fails 2 "multi-resize: 41: must be 1 to 40" "a shorter side beyond it" rl-augment multi-resize=30,41:40 <images.tar
fails 2 "multi-resize: : not a whole number" "a side missing" rl-augment multi-resize=30,:40 <images.tar
fails 2 "multi-resize: more than 32 sizes" "too many sides" rl-augment "multi-resize=$(seq -s, 33):40" <images.tar
fails 1 "1333 x 0 pixels" "an image of which no row would be left" \
	sh -c 'perl -e "print qq(P6\n3000 1\n255\n), qq(abc) x 3000" | cjpeg >thin.jpg; echo thin.jpg | rl-decode | rl-augment multi-resize=800:1333'
fails 2 "flip: 1.5: must be 0 to 1" "a probability" rl-augment flip=1.5 <images.tar
fails 2 "flip=0.5,0.5: too many values" "too many values" rl-augment flip=0.5,0.5 <images.tar
fails 2 "color-jitter=0.4: needs 3 values" "too few" rl-augment color-jitter=0.4 <images.tar
fails 2 "0.5 to 0.2: the lower limit comes first" "scales in the wrong order" rl-augment random-resized-crop=8,0.5,0.2 <images.tar
fails 2 "flip: nothing can come after lighting" "lighting comes last" rl-augment lighting flip <images.tar
fails 2 "more than 16 operations" "too many operations" rl-augment flip{,,,,,,,,,,,,,,,,} <images.tar
fails 1 "has a field lighting already" "and once" rl-augment flip <out.tar
rl-decode --short-side 292 manifest | rl-patchpairs >patches.tar
fails 1 "no field image" "a stream without images" rl-augment flip <patches.tar
fails 1 "stdin: " "no stream" rl-augment flip </dev/null
head -c 30000 images.tar >cut.tar
fails 1 "stdin: truncated" "a truncated stream" rl-augment flip <cut.tar
rl-info --check <stdout >/dev/null 2>&1
is $? 1 "and what it wrote is truncated too"
fails 1 "No space left" "a full disk" bash -c 'rl-augment flip <images.tar >/dev/full'

done_testing
