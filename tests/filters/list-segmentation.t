# rl-list voc12aug and cityscapes, and what rl-decode makes of the files of classes that they name.
. "$(dirname "$0")/tap.sh"
export PYTHONPATH=$top/tests/filters
# labels PYTHON: with png(), mat() and some classes `a` of 11 x 7 pixels.
labels() {
	/usr/bin/python3 -c "
import numpy
png, mat = (getattr(__import__('label-files'), n) for n in ('png', 'mat'))
a = numpy.random.RandomState(5).randint(0, 21, (7, 11)).astype('u1')
a[2, :4] = 255
$1"
}

# ---- VOC 2012 and SBD ---------------------------------------------------------------------------
seg=VOCdevkit/VOC2012/ImageSets/Segmentation
sbd=VOCdevkit/VOCaug/dataset
fresh() {
	rm -rf VOCdevkit
	mkdir -p $seg VOCdevkit/VOC2012/{JPEGImages,SegmentationClass,SegmentationClassAug} $sbd/cls
	printf '2007_000003\n2007_000001\n' >$seg/train.txt
	echo 2007_000002 >$seg/val.txt
	printf '2008_000009\n2007_000003\n2008_000005\n2007_000002\n' >$sbd/train.txt
	printf '2008_000001\n2007_000002\n2008_000009\n' >$sbd/val.txt
	for id in 2007_00000{1,2,3} 2008_00000{1,5,9}; do echo x >VOCdevkit/VOC2012/JPEGImages/$id.jpg; done
	for id in 2007_00000{1,2,3}; do echo x >VOCdevkit/VOC2012/SegmentationClass/$id.png; done
	for id in 2008_00000{1,5,9}; do echo x >$sbd/cls/$id.mat; done
}
voc() { rl-list voc12aug VOCdevkit --set "$@"; }
brief() { jq -r '[.key, .segmentation.path] | join(" ")' | sed 's/VOCdevkit/D/'; }

fresh
voc train >list 2>stderr
ok $? "VOC 2012's training set"
is "$(head -1 list)" '{"key":"VOC2012/2007_000001","path":"VOCdevkit/VOC2012/JPEGImages/2007_000001.jpg","segmentation":{"path":"VOCdevkit/VOC2012/SegmentationClass/2007_000001.png","names":["background","aeroplane","bicycle","bird","boat","bottle","bus","car","cat","chair","cow","diningtable","dog","horse","motorbike","person","pottedplant","sheep","sofa","train","tvmonitor"]}}' \
	"lines as documented"
is "$(cat stderr)" "rl-list: VOCdevkit/VOC2012/JPEGImages: 2 images, the published set has 1464: results do not compare" \
	"another size is said"
is "$(brief <list)" "VOC2012/2007_000001 D/VOC2012/SegmentationClass/2007_000001.png
VOC2012/2007_000003 D/VOC2012/SegmentationClass/2007_000003.png" "in the order of the ids"
is "$(voc val 2>stderr | brief)" "VOC2012/2007_000002 D/VOC2012/SegmentationClass/2007_000002.png" "the test set"
grep -q "1 images, the published set has 1449" stderr
ok $? "of another size"
voc trainaug >aug 2>stderr
is "$(brief <aug)" "$(brief <list)
VOC2012/2008_000001 D/VOCaug/dataset/cls/2008_000001.mat
VOC2012/2008_000005 D/VOCaug/dataset/cls/2008_000005.mat
VOC2012/2008_000009 D/VOCaug/dataset/cls/2008_000009.mat" "SBD's images come after, but for those that VOC has"
grep -q "5 images, the published set has 10582" stderr
ok $? "of another size"
printf '2008_000005\n2008_000001\n' >$seg/aug.txt
for id in 2008_00000{1,5}; do echo x >VOCdevkit/VOC2012/SegmentationClassAug/$id.png; done
is "$(voc trainaug 2>/dev/null | tail -n +3 | brief)" "VOC2012/2008_000001 D/VOC2012/SegmentationClassAug/2008_000001.png
VOC2012/2008_000005 D/VOC2012/SegmentationClassAug/2008_000005.png" "or as others have converted them"
rl-list voc12aug VOCdevkit/ --set trainaug 2>/dev/null | cmp -s - <(voc trainaug 2>/dev/null)
ok $? "a slash at the end changes nothing"
mkdir VOCdevkit/VOC2012/ImageSets/Main
touch VOCdevkit/VOC2012/ImageSets/Main/{dog,cat}_train.txt
is "$(voc train 2>stderr | jq -c .segmentation.names | sort -u)" '["background","cat","dog"]' "other classes are named by their lists"
is "$(cat stderr)" "" "and no set is published"

voc_fails() { # SET MESSAGE NAME
	fails 1 "$2" "$3" voc "$1"
	is "$(cat stdout)" "" "and nothing is printed"
}
# A missing file is found after the note on the set's size.
noted_fails() { # MESSAGE NAME COMMAND...
	"${@:3}" >stdout 2>stderr
	[ $? -eq 1 ] && [ "$(wc -l <stderr)" -eq 2 ] && tail -1 stderr | grep -qF -- "$1"
	ok $? "$2"
	is "$(cat stdout)" "" "and nothing is printed"
}
fresh && rm VOCdevkit/VOC2012/SegmentationClass/2007_000003.png
noted_fails "2007_000003.png: cannot be read: No such file" "a label file that is missing" voc train
fresh && rm VOCdevkit/VOC2012/JPEGImages/2007_000003.jpg
noted_fails "2007_000003.jpg: cannot be read: No such file" "an image that is missing" voc train
fresh && rm $sbd/cls/2008_000005.mat
noted_fails "2008_000005.mat: cannot be read: No such file" "a class map of SBD's" voc trainaug
fresh && : >VOCdevkit/VOC2012/SegmentationClass/2007_000002.png
noted_fails "2007_000002.png: not a file, or empty" "an empty file" voc val
fresh && : >$seg/train.txt
voc_fails train "$seg/train.txt: empty list" "an empty set"
fresh && rm $seg/train.txt
voc_fails train "$seg/train.txt: open: No such file" "no set"
fresh && rm $seg/val.txt
voc_fails trainaug "$seg/val.txt: open: No such file" "no test set to leave out"
fresh && rm $sbd/val.txt
voc_fails trainaug "$sbd/val.txt: open: No such file" "half of SBD"
fresh && echo 2007_000001 >$seg/aug.txt
voc_fails trainaug "$seg/aug.txt: 2007_000001 is in train.txt, too" "an image that is there already"
fresh && echo 2007_000002 >$seg/aug.txt
voc_fails trainaug "$seg/aug.txt: 2007_000002 is in val.txt, too" "an image to test on"
fresh && echo ../x >$seg/aug.txt
voc_fails trainaug "$seg/aug.txt: line 1: ../x: not an image id" "an id that is none"
fails 1 "nowhere/VOC2012/ImageSets/Segmentation/train.txt: open: No such file" "no data set" rl-list voc12aug nowhere --set train
fails 2 "--set" "another set" voc test
fails 2 "--year is not for voc12aug" "a year" voc train --year 2012

# ---- Cityscapes ---------------------------------------------------------------------------------
city() { rl-list cityscapes city --set "$@" 2>stderr; }
fresh() {
	rm -rf city
	for set in train val; do
		mkdir -p city/{leftImg8bit,gtFine}/$set/{ulm,aachen}
		for frame in ulm/ulm_000001_000019 aachen/aachen_000003_000019 aachen/aachen_000000_000019; do
			echo x | tee city/leftImg8bit/$set/${frame}_leftImg8bit.png >city/gtFine/$set/${frame}_gtFine_labelIds.png
		done
	done
}
fresh
touch city/leftImg8bit/val/readme city/leftImg8bit/val/ulm/notes.txt
city val >list
ok $? "Cityscapes' test set"
is "$(head -1 list)" '{"key":"val/aachen/aachen_000000_000019_leftImg8bit","path":"city/leftImg8bit/val/aachen/aachen_000000_000019_leftImg8bit.png","segmentation":{"path":"city/gtFine/val/aachen/aachen_000000_000019_gtFine_labelIds.png","names":["road","sidewalk","building","wall","fence","pole","traffic light","traffic sign","vegetation","terrain","sky","person","rider","car","truck","bus","train","motorcycle","bicycle"],"relabel":[255,255,255,255,255,255,255,0,1,255,255,2,3,4,255,255,255,5,255,6,7,8,9,10,11,12,13,14,15,255,255,16,17,18]}}' \
	"lines as documented"
is "$(jq -r .key list | xargs)" "val/aachen/aachen_000000_000019_leftImg8bit val/aachen/aachen_000003_000019_leftImg8bit val/ulm/ulm_000001_000019_leftImg8bit" \
	"in the order of their keys"
is "$(cat stderr)" "rl-list: city/leftImg8bit/val: 3 images, the published set has 500: results do not compare" "another size is said"
is "$(city train | jq -r .key | grep -c ^train)" 3 "and so the training set"
grep -q "has 2975" stderr
ok $? "which is larger"
for f in city/gtFine/val/*/*_labelIds.png; do cp $f ${f%labelIds.png}labelTrainIds.png; done
is "$(city val | jq -r '.segmentation | [(.path | sub(".*_"; "")), .relabel] | tostring' | sort -u)" '["labelTrainIds.png",null]' \
	"train ids are taken where they are"
rm city/gtFine/val/ulm/*TrainIds.png
is "$(city val | jq -r '.segmentation.path | sub(".*_"; "")' | sort -u)" labelIds.png "but not where one is missing"
rm city/gtFine/val/ulm/*.png
noted_fails "city/gtFine/val/ulm/ulm_000001_000019_gtFine_labelIds.png: cannot be read: No such file or directory (1 of 3" "no labels" rl-list cityscapes city --set val
city_fails() { # MESSAGE NAME
	fails 1 "$1" "$2" rl-list cityscapes city --set val
	is "$(cat stdout)" "" "and nothing is printed"
}
rm city/leftImg8bit/val/*/*.png
city_fails "city/leftImg8bit/val: no CITY/*_leftImg8bit.png in it" "no images"
rm -r city/leftImg8bit/val
city_fails "city/leftImg8bit/val: open: No such file" "no set"
fails 2 "--set" "another set" rl-list cityscapes city --set test

# ---- decoding: files of all kinds hold the same classes ------------------------------------------
labels "
numpy.save('a.npy', a)
png('photo.png', numpy.arange(231).reshape(7, 11, 3))
b = numpy.where(a == 255, 1, a % 2)
png('palette.png', a, palette=True); png('grey.png', a); png('wide.png', a, bits=16)
png('two.png', b, bits=1); numpy.save('b.npy', b.astype('u1')); png('four.png', b * 3, palette=True, bits=4)
for name, packed, order in (('packed', True, '<'), ('plain', False, '<'), ('big', True, '>'), ('bigplain', False, '>')):
    mat(name + '.mat', a, packed, order)"
names=$(jq -nc '[range(21) | tostring]')
record() { # FILE [JQ-FILTER]
	jq -nc --arg path "$1" --argjson names "$names" \
		"{key: \"x\", path: \"photo.png\", segmentation: {path: \$path, names: \$names}} | ${2-.}"
}
classes() { rl-decode --quiet "$@" | rl-cat --npy segmentation >got.npy; }
equal() { # PYTHON: of what was decoded, g
	/usr/bin/python3 -c "
import numpy
g, a, b = (numpy.load(f + '.npy') for f in ('got', 'a', 'b'))
raise SystemExit(not ($1))"
}
for file in palette.png grey.png wide.png packed.mat plain.mat big.mat bigplain.mat; do
	record $file | classes
	equal "(g == a).all() and g.shape == (1, 7, 11) and g.dtype == 'u1'"
	ok $? "$file"
done
record two.png | classes && equal "(g == b).all()"
ok $? "a PNG of one bit"
record four.png '.segmentation.relabel = [4, 255, 255, 255]' | classes && equal "(g[b[None] == 0] == 4).all() and (g[b[None] == 1] == 255).all()"
ok $? "one of four, with other numbers"
record wide.png '.segmentation.relabel = [range(21) | (. + 3) % 21]' | classes && equal "(g == numpy.where(a == 255, 255, (a + 3) % 21)).all()"
ok $? "255 is no class, whether the numbers' list says so or not"
record grey.png | rl-decode >s.tar
is "$(rl-info --head s.tar | jq -c .fields)" \
	"{\"image\":{\"dtype\":\"u1\",\"shape\":[\"H\",\"W\",3]},\"segmentation\":{\"dtype\":\"u1\",\"shape\":[\"H\",\"W\"],\"names\":$names}}" \
	"the head names the classes"
record grey.png | classes --short-side 14 && equal "(g == a.repeat(2, 0).repeat(2, 1)).all()"
ok $? "the image's resize takes them along"
record grey.png | rl-decode --size 5x3 >s.tar
is "$(rl-info --head s.tar | jq -c '.fields.segmentation.shape') $(rl-info s.tar | jq -c '.fields.segmentation.shape')" "[3,5] [3,5]" \
	"to a size that the head says"
record grey.png '. + {boxes: [[0, 0, 2, 2]], classes: [1], ignore: [0], names: ["p", "q"]}' | rl-decode --epochs 2 --shuffle |
	rl-info | jq -c '.fields | keys' | sort -u >keys
is "$(cat keys)" '["boxes","classes","epoch","ignore","image","position","segmentation"]' "objects and epochs beside them"

# ---- what is wrong with a file ------------------------------------------------------------------
labels "
c = a.copy(); c[4, 9] = 21
png('21.png', c); mat('21.mat', c)
w = a.astype('u2'); w[6, 10] = 65535
png('65535.png', w, bits=16)
png('small.png', a[:, 1:]); mat('small.mat', a[1:])
png('colour.png', numpy.zeros((7, 11, 3)))
open('cut.png', 'wb').write(open('grey.png', 'rb').read()[:-30])
mat('cut.mat', a, cut=300); mat('cutplain.mat', a, packed=False, cut=-120)
mat('other.mat', a, name=b'GTinst'); mat('field.mat', a, field=b'Boundary')
mat('double.mat', a.astype('f8'))
v = bytearray(open('packed.mat', 'rb').read()); v[-1] ^= 1; open('checksum.mat', 'wb').write(v)
v = bytearray(open('plain.mat', 'rb').read()); v[128:132] = b'\x0e\0\x05\0'; open('tag.mat', 'wb').write(v)
v = bytearray(open('plain.mat', 'rb').read()); v[124:126] = b'\0\2'; open('hdf5.mat', 'wb').write(v)
open('text.png', 'w').write('no\n'); open('empty.png', 'w')"
file_fails() { # FILE MESSAGE NAME [JQ-FILTER]
	record "$1" "${4-.}" >list
	fails 1 "photo.png: $1: $2" "$3" rl-decode list
}
file_fails 21.png "the pixel at 9, 4 has the value 21, which is no class" "a value too large"
file_fails 21.mat "the pixel at 9, 4 has the value 21, which is no class" "in a MATLAB file"
file_fails 65535.png "the pixel at 10, 6 has the value 65535, which is no class" "of 16 bits"
file_fails grey.png "the pixel at 0, 0 has the value 3, which is no class" "a value without another number" '.segmentation.relabel = [0, 1, 2]'
file_fails small.png "10 x 7 pixels, but its image has 11 x 7" "a file of another size"
file_fails small.mat "11 x 6 pixels, but its image has 11 x 7" "a MATLAB file of another size"
file_fails colour.png "PNG of colours: classes are indices or grey levels" "a picture"
file_fails cut.png "PNG: " "a PNG that is cut"
file_fails cut.mat "MAT: no GTcls.Segmentation, or corrupt or cut before it" "a MATLAB file that is cut"
file_fails cutplain.mat "MAT: " "one that is not compressed"
file_fails checksum.mat "MAT: no GTcls.Segmentation, or corrupt" "one whose checksum is wrong"
file_fails tag.mat "MAT: no GTcls.Segmentation, or corrupt" "a short element of more than four bytes"
file_fails other.mat "MAT: no GTcls.Segmentation" "one of objects"
file_fails field.mat "MAT: no GTcls.Segmentation" "one of boundaries"
file_fails double.mat "MAT: GTcls.Segmentation is not a matrix of uint8" "one of other numbers"
file_fails hdf5.mat "neither PNG nor MATLAB 5" "one of another version"
file_fails text.png "neither PNG nor MATLAB 5" "no labels at all"
file_fails empty.png "empty" "an empty file"
file_fails nowhere.png "open: No such file" "no file"
file_fails /dev/null "not a regular file" "a device"
{ record 21.png && record grey.png '.key = "y"'; } >list
is "$(rl-decode --skip-bad list 2>stderr | rl-info --check | jq -c '[.samples, .skipped]')" "[1,1]" "--skip-bad goes on"
is "$(cat stderr)" "rl-decode: photo.png: 21.png: the pixel at 9, 4 has the value 21, which is no class: skipped
rl-decode: skipped 1 bad images, wrote 1" "and says where"

mkdir broken
labels "
mat('packed.mat', a); mat('plain.mat', a, packed=False)
r = numpy.random.RandomState(1)
for i in range(400):
    v = bytearray(open(('packed.mat', 'plain.mat')[i % 2], 'rb').read())
    for k in r.randint(128, len(v), 3):
        v[k] = r.randint(256)
    open('broken/%d.mat' % i, 'wb').write(v[:r.randint(100, len(v))] if i % 4 < 2 else v)"
jq -c '.key = (range(400) | tostring) | .segmentation.path = "broken/\(.key).mat"' <(record x) >list
rl-decode --skip-bad list 2>stderr | rl-info --check | jq -e '.samples + .skipped == 400 and .skipped > 200' >/dev/null
ok $? "MATLAB files with other bytes or fewer are refused, or taken for what they are now"

# ---- and with a manifest ------------------------------------------------------------------------
wrong() { # JQ-FILTER MESSAGE NAME
	record grey.png "$1" >list
	fails 1 "list:1: $2" "$3" rl-decode list
}
wrong '.segmentation = "grey.png"' '"segmentation" is not an object' "a member that is a text"
wrong 'del(.segmentation.path)' 'no member "path"' "no path"
wrong '.segmentation.path = ""' 'segmentation: "path" is empty' "an empty path"
wrong 'del(.segmentation.names)' 'no member "names"' "no names"
none='segmentation: "names" is not an array of 1 to 255 strings'
wrong '.segmentation.names = []' "$none" "a list of no names"
wrong '.segmentation.names[1] = 2' "$none" "a name that is a number"
wrong '.segmentation.names = [range(256) | tostring]' "$none" "more names than numbers"
wrong '.segmentation.relabel = []' 'segmentation: "relabel" is not an array of 1 to 65536 numbers' "other numbers that are none"
wrong '.segmentation.relabel = 3' 'segmentation: "relabel" is not an array of 1 to 65536 numbers' "only one"
wrong '.segmentation.relabel = [0, 21]' 'segmentation: "relabel": number 1 is neither a class, of which there are 21, nor 255' "one too large"
wrong '.segmentation.relabel = [0, -1]' 'segmentation: "relabel": number 1 is neither' "a negative one"
wrong '.segmentation.relabel = [0.5]' 'segmentation: "relabel": number 0 is neither' "a fraction"
second() { # JQ-FILTER MESSAGE NAME
	{ record grey.png && record grey.png ".key = \"y\" | $1"; } >list
	fails 1 "list:2: $2" "$3" rl-decode list
}
second 'del(.segmentation)' 'has no "segmentation", but the first record has' "a record without"
second '.segmentation.names[0] = "x"' 'segmentation: other "names" than in the first record' "other names"
second '.segmentation.relabel = [0]' 'segmentation: other "relabel" than in the first record' "other numbers"
second '.segmentation = 3' '"segmentation" is not an object' "a member that is a number"
{ record grey.png 'del(.segmentation)' && record grey.png '.key = "y"'; } >list
fails 1 'list:2: has "segmentation", but the first record has no' "a record with" rl-decode list
done_testing
