# rl-list voc and coco: images with objects, what is left out of them, and everything that must not get past.
. "$(dirname "$0")/tap.sh"

# ---- VOC ----------------------------------------------------------------------------------------
object() { # CLASS DIFFICULT BOX...
	printf '<object><name>%s</name><difficult>%s</difficult><bndbox><xmin>%s</xmin><ymin>%s</ymin><xmax>%s</xmax><ymax>%s</ymax></bndbox></object>' "$@"
}
image() { # YEAR ID WIDTH HEIGHT OBJECTS
	echo x >"voc/VOC$1/JPEGImages/$2.jpg"
	printf '<annotation><size><width>%s</width><height>%s</height><depth>3</depth></size>%s</annotation>\n' "$3" "$4" "$5" \
		>"voc/VOC$1/Annotations/$2.xml"
}
fresh() {
	rm -rf voc
	for year in 2007 2012; do
		main=voc/VOC$year/ImageSets/Main
		mkdir -p voc/VOC$year/{JPEGImages,Annotations,ImageSets/Main}
		printf '000003\n000001\n' >$main/trainval.txt
		printf '000001  1\n000003 -1\n' | tee $main/cat_trainval.txt >$main/dog_trainval.txt
		image $year 000001 500 300 "$(object dog 1 1 2 500 300)$(object cat 0 5.9 6 7.5 8)"
		image $year 000003 40 31 ''
	done
}
voc() { rl-list voc voc --year 2007 --set trainval "$@"; }

fresh
voc >voc.txt 2>stderr
ok $? "a VOC tree"
is "$(cat voc.txt)" '{"key":"VOC2007/000001","path":"voc/VOC2007/JPEGImages/000001.jpg","height":300,"width":500,"boxes":[[0,1,499,299],[4,5,6,7]],"classes":[1,0],"ignore":[1,0],"names":["cat","dog"]}
{"key":"VOC2007/000003","path":"voc/VOC2007/JPEGImages/000003.jpg","height":31,"width":40,"boxes":[],"classes":[],"ignore":[],"names":["cat","dog"]}' \
	"lines as documented: from 0, fractions cut off, difficult to be ignored"
is "$(cat stderr)" "" "without a word"
rl-list voc voc/ --year 2012 --set trainval | sed s/VOC2012/VOC2007/g | cmp -s - voc.txt
ok $? "another year has keys of its own"
voc --for-training >training.txt 2>stderr
is "$(jq -r .key training.txt)" VOC2007/000001 "for training, an image without objects goes"
is "$(cat stderr)" "rl-list: voc/VOC2007: note: left out 1 images without objects" "and it is said"

image 2007 000003 40 31 "$(object cat 1 5 5 5 9)"
voc --for-training >training.txt 2>stderr
is "$(jq -r .key training.txt)" VOC2007/000001 "and so does a narrow one"
is "$(cat stderr)" "rl-list: voc/VOC2007: note: left out 1 objects of less than a pixel
rl-list: voc/VOC2007: note: left out 1 images with a side of less than 32 pixels" "which is said, too"
image 2007 000003 32 32 "$(object cat 1 5 5 5 9)"
is "$(voc --for-training 2>stderr | jq -c '[.key, .boxes]' | xargs)" \
	"[VOC2007/000001,[[0,1,499,299],[4,5,6,7]]] [VOC2007/000003,[]]" \
	"one whose objects are all less than a pixel stays"

voc_fails() { # MESSAGE NAME
	fails 1 "$1" "$2" voc
	is "$(cat stdout)" "" "and nothing is printed"
}
fresh && image 2007 000003 40 31 "$(object cow 0 1 1 2 2)"
voc_fails "000003.xml: line 1: no class list for cow" "an object of no class"
fresh && image 2007 000003 40 31 "$(object cat 0 1 1 41 2)"
voc_fails "000003.xml: the bndbox of object 1 leaves the image" "a box that leaves its image"
fresh && image 2007 000003 40 31 "$(object cat 0 9 1 8 2)"
voc_fails "000003.xml: line 1: bndbox is empty or inside out" "a box that is inside out"
fresh && image 2007 000003 0 31 ''
voc_fails "000003.xml: no size of the image" "an image without size"
fresh && rm voc/VOC2007/JPEGImages/000003.jpg
voc_fails "000003.jpg: in trainval.txt, but cannot be read: No such file" "a missing image"
fresh && rm voc/VOC2007/Annotations/000003.xml
voc_fails "000003.xml: open: No such file" "a missing annotation"
fresh && rm voc/VOC2007/ImageSets/Main/*_trainval.txt
voc_fails "no CLASS_trainval.txt" "no lists to name the classes"
fails 1 "voc: no VOC2010/ImageSets/Main in it" "another year" rl-list voc voc --year 2010 --set trainval

# ---- COCO ---------------------------------------------------------------------------------------
json=coco/annotations/instances_mini.json
fresh() {
	rm -rf coco
	mkdir -p coco/annotations coco/mini
	echo x | tee coco/mini/a.jpg coco/mini/b.jpg >coco/mini/c.jpg
	cat >$json <<-'X'
	{"images": [{"id": 7, "file_name": "b.jpg", "height": 40, "width": 31},
	  {"id": 5, "file_name": "a.jpg", "height": 2, "width": 300}, {"id": 9, "file_name": "c.jpg", "height": 32, "width": 32}],
	 "annotations": [
	  {"id": 1, "image_id": 7, "category_id": 8, "bbox": [1.25, 2, 3.5, 4], "area": 6, "iscrowd": 0,
	   "segmentation": [[1.25, 2, 4.75, 2, 4.75, 6], [1, 1, 2, 2]]},
	  {"id": 2, "image_id": 5, "category_id": 3, "bbox": [0, 0, 3, 2], "area": 4, "iscrowd": 1,
	   "segmentation": {"size": [2, 300], "counts": [1, 4, 595]}}],
	 "categories": [{"id": 8, "name": "cat"}, {"id": 3, "name": "dog"}]}
	X
}
edit() { # JQ-FILTER
	jq -c "$1" $json >edited && mv edited $json
}
coco() { rl-list coco coco --set mini "$@"; }
lines() { jq -c '[.image_id, .boxes]' | xargs; }

fresh
coco >coco.txt 2>stderr
ok $? "COCO's instances"
is "$(cat coco.txt)" '{"key":"mini/a","path":"coco/mini/a.jpg","height":2,"width":300,"boxes":[[0,0,3,2]],"classes":[0],"ignore":[1],"masks":[{"size":[2,300],"counts":[1,4,595]}],"names":["dog","cat"],"image_id":5}
{"key":"mini/b","path":"coco/mini/b.jpg","height":40,"width":31,"boxes":[[1.25,2,4.75,6]],"classes":[1],"ignore":[0],"masks":[[[1.25,2,4.75,2,4.75,6]]],"names":["dog","cat"],"image_id":7}
{"key":"mini/c","path":"coco/mini/c.jpg","height":32,"width":32,"boxes":[],"classes":[],"ignore":[],"masks":[],"names":["dog","cat"],"image_id":9}' \
	"lines as documented: by the ids, corners, crowds to be ignored"
is "$(cat stderr)" "rl-list: $json: note: left out 1 polygons of fewer than three corners" "polygons without an inside go"
is "$(coco --for-training 2>stderr | lines)" "" "for training, an image without objects goes, and narrow ones"
is "$(cat stderr)" "rl-list: $json: note: left out 1 polygons of fewer than three corners
rl-list: $json: note: left out 1 images without objects
rl-list: $json: note: left out 2 images with a side of less than 32 pixels" "and it is said"
edit '.annotations |= map(del(.segmentation))'
is "$(coco 2>stderr | jq -c .masks | xargs)" "null null null" "without segmentations there are no masks"

left_out() { # BOX AREA NAME
	fresh
	edit ".annotations[0].bbox = $1 | .annotations[0].area = $2 | .annotations[0].image_id = 9"
	is "$(coco 2>stderr | lines)" "[5,[[0,0,3,2]]] [7,[]] [9,[]]" "$3"
	is "$(coco --for-training 2>/dev/null | lines)" "[9,[]]" "but its image is not without objects"
}
left_out '[1, 2, 0.99, 4]' 3 "an object less than a pixel wide"
left_out '[1, 2, 3, 0.5]' 3 "one less than a pixel high"
left_out '[1, 2, 3, 4]' 0 "one without an area"
grep -q "note: left out 1 objects of less than a pixel" stderr
ok $? "are said"
left_out '[32, 2, 3, 4]' 3 "one to the right of its image"
left_out '[1, -4, 3, 4]' 3 "one above it"
grep -q "note: left out 1 objects outside their image" stderr
ok $? "are said"
fresh && edit '.annotations[0].bbox = [30, -1, 3, 4]'
is "$(coco 2>/dev/null | lines)" "[5,[[0,0,3,2]]] [7,[[30,-1,33,3]]] [9,[]]" "one that is in part outside stays as it is"

fresh && edit '.annotations[0] |= (.image_id = 9 | .bbox = [-50, 30.5, 100000, 1000000000])'
is "$(coco --for-training 2>stderr | lines)" "[9,[[0,30.5,32,32]]]" "a box is cut at the border of its image for training"
grep -q "rl-list: $json: note: cut 1 boxes that leave their image at its border" stderr
ok $? "which is said"
left_out '[31.9999999, 2, 3, 4]' 3 "one that ends where a float cannot tell it from the border"
coco_fails() { # JQ-FILTER MESSAGE NAME
	fresh
	edit "$1"
	fails 1 "$2" "$3" coco
	is "$(cat stdout)" "" "and nothing is printed"
}
coco_fails 'del(.annotations[1].segmentation)' "$json: annotation id 2 has no \"segmentation\", but others do" "a mask that is missing"
coco_fails '.annotations[1].image_id = 6' "$json: annotations[1]: no image has the id 6" "an unknown image"
coco_fails '.annotations[1].category_id = 4' "$json: annotations[1]: no category has the id 4" "an unknown category"
coco_fails '.annotations[1].bbox[2] = -1' "$json: annotations[1]: \"bbox\" is of -1 x 2 pixels" "a box that is inside out"
coco_fails '.annotations[1].bbox[2] = 1e30' "$json: annotations[1]: \"bbox\" has 1e+30 in it" "a box out of this world"
far="annotation id 1: \"segmentation\" has a corner farther from its image than that is large"
coco_fails '.annotations[0].segmentation[0][2] = 62.1' "$json: $far" "a mask with a corner to the right, farther than the image is wide"
coco_fails '.annotations[0].segmentation[0][3] = -40.1' "$json: $far" "above it, farther than it is high"
fresh && edit '.annotations[0].segmentation[0] = [-31, -40, 62, -40, 62, 80]'
is "$(coco 2>stderr | jq -c ".masks[] | arrays | .[0]" | head -1)" "[-31,-40,62,-40,62,80]" "no farther is near enough"
fresh && edit '.images[2].file_name = "b.png"' && echo x >coco/mini/b.png
fails 1 "coco/mini/b.png: same key as coco/mini/b.jpg" "two images with one key" coco
fresh && rm coco/mini/b.jpg
fails 1 "coco/mini/b.jpg: cannot be read: No such file or directory (1 of 3 images are missing)" "a missing image" coco
fails 1 "coco/annotations/instances_other.json: open: No such file" "another set" rl-list coco coco --set other

# ---- what rl-synth draws ------------------------------------------------------------------------
rl-synth --out world --layout voc --images 12 --val 2 --size 96x64 --seed 1 --quiet
rl-list voc world --year 2007 --set trainval >voc.txt 2>stderr
is "$? $(wc -l <voc.txt) $(cat stderr)" "0 12 " "a synthetic VOC"
rm -rf world
rl-synth --out world --layout coco --images 12 --val 2 --size 96x64 --seed 1 --quiet
rl-list coco world --set train2017 >coco.txt 2>stderr
is "$? $(wc -l <coco.txt) $(cat stderr)" "0 12 " "a synthetic COCO"
is "$(jq -c '[.boxes, .classes, .ignore]' voc.txt | jq -c '.[0] |= map([.[0], .[1], .[2] + 1, .[3] + 1]) | [.[0], .[1]]')" \
	"$(jq -c '[.boxes, .classes]' coco.txt)" "of the same objects, but for the pixel that VOC's boxes end before"

# ---- command line -------------------------------------------------------------------------------
fails 2 "voc needs --year" "no year" rl-list voc voc --set trainval
fails 2 "voc needs --set" "no set" rl-list voc voc --year 2007
fails 2 "must be one of trainval, test, train, val" "an unknown set" rl-list voc voc --year 2007 --set all
fails 2 "coco needs --set" "no set of COCO" rl-list coco coco
fails 2 '--set: "../x": not the name of a set' "a set that is a path" rl-list coco coco --set ../x
fails 2 "--year is not for coco" "a year of COCO" rl-list coco coco --set mini --year 2017
fails 2 "--for-training is not for voc07" "labels for training" rl-list voc07 voc --set test --for-training
done_testing
