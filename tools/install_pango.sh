#!/bin/sh
# Look for the libraries that WeasyPrint needs for the PDF; install them if we may, else print how to. Never fails:
# without them the HTML is made all the same, and the PDF step says what is missing.
set -u
packages=""
has() { ldconfig -p 2> /dev/null | grep -q "$1"; }
case "$(uname -s)" in
Linux) ;;
Darwin)
    [ -e /opt/homebrew/lib/libpango-1.0.dylib ] || [ -e /usr/local/lib/libpango-1.0.dylib ] ||
        echo "PDF: Pango was not found; run: brew install pango"
    exit 0
    ;;
*) exit 0 ;;
esac
PATH="$PATH:/sbin:/usr/sbin"
has 'libpango-1\.0\.so\.0' || packages="$packages libpango-1.0-0"
has 'libpangoft2-1\.0\.so\.0' || packages="$packages libpangoft2-1.0-0"
has 'libharfbuzz-subset\.so\.0' || packages="$packages libharfbuzz-subset0"
[ -z "$packages" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "PDF: installing$packages"
    # shellcheck disable=SC2086 # a list of words
    apt-get update -qq && apt-get install -y -qq $packages > /dev/null && exit 0
fi
echo "PDF: missing$packages; run: sudo apt-get install$packages"
exit 0
