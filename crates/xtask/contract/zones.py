"""What Python's zoneinfo says about every transition of every zone, for `cargo xtask contract zones`.

Prints a line `zone|file` for each zone, and after it, line by line, probes with what must come of them:
`text|instant in ms|time on the wall|offset in s|rule`. Reads the zone data of the package tzdata, whatever the
machine has. Finds transitions by asking for offsets alone, so it shares no rule with what it tests.
"""

import sys
import zoneinfo
from datetime import datetime, timedelta, timezone
from pathlib import Path

import tzdata

FIRST = int(datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp())
LAST = int(datetime(2046, 1, 1, tzinfo=timezone.utc).timestamp())
# No zone changes its offset twice in so many seconds.
STEP = 12 * 3600
EPOCH = datetime(1970, 1, 1)
AROUND_MS = (-3_600_000, -1_000, -1, 0, 1, 1_000, 3_600_000)


def offset(zone, second):
    """Seconds east of Greenwich at an instant."""
    return int(datetime.fromtimestamp(second, zone).utcoffset().total_seconds())


def transitions(zone):
    """The instants at which the offset changes, with the offsets before and after."""
    before, at = offset(zone, FIRST), FIRST
    while at < LAST:
        after = offset(zone, at + STEP)
        if after != before:
            low, high = at, at + STEP
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
            yield high, before, after
        before, at = after, at + STEP


def shown(ms):
    """A time as a clock shows it, from milliseconds of that clock since 1970."""
    text = (EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")
    return text.removesuffix(".000")


def read(zone, ms):
    """What the clock shows at an instant, in milliseconds since 1970, and its offset."""
    seconds = offset(zone, ms // 1000)
    return ms + seconds * 1000, seconds


def wall(zone, ms, before, after):
    """What a time on the wall means, given the two offsets there are around it."""
    readings = sorted({ms - seconds * 1000 for seconds in (before, after)})
    found = [instant for instant in readings if read(zone, instant)[0] == ms]
    rule = ("gap_shifted", "exact", "fold_first")[len(found)]
    instant = found[0] if found else ms - before * 1000
    aware = (EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=zone)
    first, second = (aware.replace(fold=fold).utcoffset() for fold in (0, 1))
    by_pep_495 = "exact" if first == second else "gap_shifted" if first < second else "fold_first"
    if rule != by_pep_495 or ms - round(first.total_seconds() * 1000) != instant:
        sys.exit(f"zoneinfo contradicts itself: {shown(ms)} in {zone.key} is {rule} or {by_pep_495}")
    told, seconds = read(zone, instant)
    return f"{shown(ms)}|{instant}|{shown(told)}|{seconds}|{rule}"


def instant(zone, ms):
    """What an instant written as one means."""
    told, seconds = read(zone, ms)
    return f"{shown(ms)}Z|{ms}|{shown(told)}|{seconds}|exact"


def probes(zone):
    yield wall(zone, FIRST * 1000 + 43_200_000, offset(zone, FIRST), offset(zone, FIRST))
    for at, before, after in transitions(zone):
        edges = (at + before, at + after)
        anchors = {edge * 1000 for edge in edges} | {sum(edges) * 500}
        # The midnights of the days around it: where batch dates begin.
        anchors |= {(min(edges) // 86_400 + days) * 86_400_000 for days in (0, 1, 2)}
        near = {anchor + ms for anchor in anchors for ms in AROUND_MS}
        for ms in sorted(near):
            yield wall(zone, ms, before, after)
        for ms in AROUND_MS:
            yield instant(zone, at * 1000 + ms)


def main():
    folder = Path(tzdata.__file__).parent / "zoneinfo"
    print(tzdata.IANA_VERSION)
    for name in sorted(zoneinfo.available_timezones()):
        zone = zoneinfo.ZoneInfo(name)
        lines = [f"{name}|{folder / name}", *probes(zone)]
        sys.stdout.write("\n".join(lines) + "\n")


main()
