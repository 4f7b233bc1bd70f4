# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # shared with root.sh and what else it reads
# Durations and instants, in seconds. No date(1) but the current time: each system's reads others.

# seconds DURATION: sets seconds.
seconds() {
    case $1 in
        *m) unit=60 ;;
        *h) unit=3600 ;;
        *d) unit=86400 ;;
        *w) unit=604800 ;;
        *y) unit=31536000 ;;
        *) unit='' ;;
    esac
    case $unit:${1%?} in
        : | *: | :* | *:0* | *:*[!0-9]* | *:??????*) die "--lifetime $1 is no duration" "such as 90m 12h 30d 8w 1y" ;;
    esac
    seconds=$((${1%?} * unit))
}

# Twenty years from now are more than 31 bits hold.
[ $((2147483647 + 1)) -gt 0 ] || die "this shell counts in 32 bits" "bash, dash, busybox, ksh, yash and FreeBSD's sh do not"
now=$(date +%s)
case $now in '' | *[!0-9]*) die "date +%s does not work here" ;; esac

# civil SECONDS: sets day (2026-12-01), time (03:00) and stamp: UTCTime until 2049, then GeneralizedTime (RFC 5280,
# 4.1.2.5). Not every date(1) can.
civil() {
    z=$(($1 / 86400 + 719468))
    era=$((z / 146097))
    doe=$((z - era * 146097))
    yoe=$(((doe - doe / 1460 + doe / 36524 - doe / 146096) / 365))
    doy=$((doe - (365 * yoe + yoe / 4 - yoe / 100)))
    mp=$(((5 * doy + 2) / 153))
    month=$((mp < 10 ? mp + 3 : mp - 9))
    year=$((yoe + era * 400 + (month <= 2)))
    s=$(($1 % 86400))
    day=$(printf '%04d-%02d-%02d' $year $month $((doy - (153 * mp + 2) / 5 + 1)))
    time=$(printf '%02d:%02d' $((s / 3600)) $((s / 60 % 60)))
    stamp=$(printf '%02d%02d%02d%02d%02dZ' $month "$((doy - (153 * mp + 2) / 5 + 1))" $((s / 3600)) $((s / 60 % 60)) $((s % 60)))
    if [ $year -lt 2050 ]; then stamp=$(printf '%02d' $((year % 100)))$stamp; else stamp=$year$stamp; fi
}
# instant "Dec  1 03:00:00 2026 GMT": as openssl prints times; sets instant.
instant() {
    # shellcheck disable=SC2086 # words
    set -- $1
    m=1
    for name in Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec; do
        [ "$name" != "$1" ] || break
        m=$((m + 1))
    done
    clock=$3
    d=${2#0}
    y=$(($4 - (m <= 2)))
    h=${clock%%:*}
    s=${clock##*:}
    clock=${clock#*:}
    clock=${clock%%:*}
    doy=$(((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1))
    doe=$((y % 400 * 365 + y % 400 / 4 - y % 400 / 100 + doy))
    # shellcheck disable=SC2017 # whole eras
    instant=$((((y / 400 * 146097 + doe - 719468) * 24 + ${h#0}) * 3600 + ${clock#0} * 60 + ${s#0}))
}
