#!/bin/sh
# The tools beside Python that the tests use: a browser, PostgreSQL, a second PDF rasteriser, a print server. Installs what it may, else says what is skipped.
missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v pdftoppm >/dev/null 2>&1 || missing="$missing poppler-utils"
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
ldconfig -p 2>/dev/null | grep -q libzbar || missing="$missing libzbar0"
[ -f /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || missing="$missing fonts-noto-cjk"
[ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null 2>&1 || missing="$missing mosquitto"
{ [ -x /usr/sbin/cupsd ] && [ -x /usr/sbin/lpadmin ]; } || missing="$missing cups cups-client"
# The headless build of Chromium is lighter; where a system has none, the whole browser does.
light=""
command -v chromium-headless-shell >/dev/null 2>&1 || light="chromium-headless-shell"
[ -z "$missing$light" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null 2>&1
  [ -z "$light" ] || apt-get install -y -qq $light >/dev/null 2>&1
  # shellcheck disable=SC2086
  [ -z "$missing" ] || apt-get install -y -qq $missing >/dev/null 2>&1 && exit 0
fi
[ -z "$missing" ] && exit 0
echo "Not installed:$missing. What needs them is skipped: chromium (browser tests), postgresql (its half of the core suite), poppler-utils (the second rasteriser), nodejs (rules on both sides), fonts-noto-cjk (Chinese in screenshots), mosquitto (status lights over MQTT), cups (badges and labels on a real print server)."
