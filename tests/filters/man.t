# Every program says what it does: --help, --version, and a manual page with all of its options.
. "$(dirname "$0")/tap.sh"

for source in "$top"/tools/rl-*.c; do
	tool=$(basename "$source" .c)
	page=$top/man/$tool.1
	$tool --help >help 2>stderr && [ ! -s stderr ] && grep -q '^example:' help
	ok $? "$tool --help has an example"
	$tool --version | grep -qx "$tool [0-9.]*"
	ok $? "$tool --version"
	mandoc -Tlint -W warning "$page" >lint
	is "$(cat lint)" "" "$tool: the manual page is sound"
	missing=
	for option in $(grep -oE '^  (-., )?--[a-z-]+' help | grep -oE '[a-z-]+$'); do
		case $option in *help | *version) continue ;; esac
		grep -qE "Fl -${option#--}( |\$)" "$page" || missing="$missing $option"
	done
	is "$missing" "" "$tool: the page has every option"
	fails 2 "no such option" "$tool: another one is misuse" "$tool" --no-such-option
done
done_testing
