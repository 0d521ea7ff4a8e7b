# SPDX-License-Identifier: MPL-2.0
"""Plots of the rows of selftests/bench/report, by gnuplot."""
import shutil
import subprocess
import sys

OURS_COLOUR = 0xb7410e
PEERS_COLOUR = 0x7f8c8d
HEAD = """set terminal pngcairo size 1000,600 font "sans,10"
set output "{path}"
set title "{title}"
set grid
set key outside right
"""


def quote(text):
    return text.replace("_", "\\\\_")


def gnuplot(script):
    if not shutil.which("gnuplot"):
        sys.exit("no gnuplot: run tools/setup bench")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def lines(path, title, curves, labels):
    """@curves: {name: [(x, y), ...]}, both axes logarithmic."""
    script = HEAD.format(path=path, title=title)
    script += f'set logscale xy\nset xlabel "{labels[0]}"\n'
    script += f'set ylabel "{labels[1]}"\n'
    script += "set xtics ({})\n".format(", ".join(
        f'"{x}" {x}' for x in sorted({x for points in curves.values()
                                      for x, _ in points})))
    plot = ", ".join(f'"-" title "{quote(name)}" with linespoints lw 2'
                     for name in curves)
    script += f"plot {plot}\n"
    for points in curves.values():
        script += "".join(f"{x} {y}\n" for x, y in sorted(points)) + "e\n"
    gnuplot(script)


def bars(path, title, values, unit):
    """@values: [(name, value, low, high), ...]."""
    script = HEAD.format(path=path, title=title)
    script += "unset key\nset style fill solid 0.6\nset boxwidth 0.6\n"
    script += f'set yrange [0:*]\nset ylabel "{unit}"\n'
    script += "set xtics rotate by -30\n"
    script += ('plot "-" using 1:3:xtic(2) with boxes, '
               '"-" using 1:3:4:5 with yerrorbars\n')
    data = "".join(f'{i} "{quote(name)}" {value} {low} {high}\n'
                   for i, (name, value, low, high) in enumerate(values))
    gnuplot(script + 2 * (data + "e\n"))


def ranking(path, title, values, unit):
    """@values: [(name, value), ...], the best one first; bars from the left."""
    height = 90 + 24 * len(values)
    script = f"""set terminal svg size 800,{height} font "sans,13" background "white"
set output "{path}"
set title "{title}"
set grid xtics
unset key
set style fill solid 0.8 noborder
set xrange [0:*]
set yrange [{len(values) - 0.4}:-0.6]
set xlabel "{unit}"
set ytics scale 0
plot "-" using 1:2:(0):1:($2-0.35):($2+0.35):($4):ytic(3) \\
     with boxxyerror linecolor rgb variable
"""
    for place, (name, value) in enumerate(values):
        colour = OURS_COLOUR if name.startswith("rusted_ring") else PEERS_COLOUR
        script += f'{value} {place} "{quote(name)}" {colour}\n'
    gnuplot(script + "e\n")


def groups(rows, figure, *keys):
    """The rows of @figure, by these keys."""
    found = {}
    for row in rows:
        if row["figure"] == figure:
            found.setdefault(tuple(row.get(key) for key in keys),
                             []).append(row)
    return found


def curves_over(rows, key):
    curves = {}
    for row in rows:
        for who, value in row["contenders"].items():
            curves.setdefault(who, []).append((row[key], value["value"]))
    return curves


def draw_stream(rows, directory):
    for (placement, batch), group in groups(rows, "stream", "placement",
                                            "batch").items():
        if len(group) < 2:
            continue
        lines(directory / f"stream-{placement}-{batch}.png",
              f"One writer, one reader, {placement}, batches of {batch}",
              curves_over(group, "size"), ("bytes", group[0]["unit"]))


def draw_bars(rows, directory, figure, title):
    for (placement, size), group in groups(rows, figure, "placement",
                                           "size").items():
        row = group[0]
        values = sorted(((who, value["value"], value["low"], value["high"])
                         for who, value in row["contenders"].items()),
                        key=lambda bar: bar[1])
        bars(directory / f"{figure}-{placement}-{size or 0}.png",
             f"{title}, {placement}", values, row["unit"])


def draw_curves(rows, directory, figure, x, key, title):
    """Ours over @x, a curve for each value of @key."""
    curves = {}
    for (value,), group in groups(rows, figure, key).items():
        curves[f"{key} {value}"] = [(row[x], row["ours"]) for row in group]
    if curves:
        unit = next(row["unit"] for row in rows if row["figure"] == figure)
        lines(directory / f"{figure}.png", title, curves, (x, unit))


def draw_scale(rows, directory):
    for (operation,), group in groups(rows, "scale", "operation").items():
        curves = {}
        for row in group:
            curves.setdefault(f"slots {row['slots']}", []).append(
                (row["clients"], row["ours"]))
        name = operation.replace(", ", "-")
        lines(directory / f"scale-{name}.png", f"On the device: {operation}",
              curves, ("clients", group[0]["unit"]))


def draw_contenders(rows, directory, figure, x, title):
    """All contenders over @x."""
    for (placement,), group in groups(rows, figure, "placement").items():
        if len(group) < 2:
            continue
        lines(directory / f"{figure}-{placement}.png",
              f"{title}, {placement}", curves_over(group, x),
              (x, group[0]["unit"]))


def without_eager(contenders):
    """{name: value}: of a peer with pauses and without them, the better one."""
    best = {}
    for who, value in contenders.items():
        name = who.removesuffix(", eager")
        best[name] = max(value["value"], best.get(name, 0))
    return best


def draw_overview(rows, directory, machine):
    """The figure of README.md: all contenders, with what they were measured on."""
    for (placement,), group in groups(rows, "stream", "placement").items():
        for row in group:
            if (row["size"], row["batch"]) != (64, 1):
                continue
            values = sorted(without_eager(row["contenders"]).items(),
                            key=lambda bar: -bar[1])
            on = ", ".join(str(machine[key]) for key in
                           ("CPU", "kernel", "compiler") if key in machine)
            ranking(directory / f"overview-{placement}.svg",
                    "One writer, one reader on another CPU, 64 bytes, one by "
                    f"one ({placement})\\n{quote(on)}", values, row["unit"])


def draw(rows, directory, machine):
    draw_overview(rows, directory, machine)
    draw_stream(rows, directory)
    draw_bars(rows, directory, "pingpong", "A round trip of 64 bytes")
    draw_bars(rows, directory, "wakeup", "From an event to who slept for it")
    draw_contenders(rows, directory, "refcount", "readers",
                    "Readers that hold beyond their cursors")
    draw_contenders(rows, directory, "broadcast", "readers",
                    "One writer, and all readers on another CPU")
    draw_contenders(rows, directory, "gather", "producers",
                    "From many producers to one reader")
    draw_scale(rows, directory)
    draw_curves(rows, directory, "alloc_held_shared", "slots", "left",
                "Allocate, share, drop: slots that are left of a pool")
    draw_curves(rows, directory, "reclaim_look", "slots", "clients",
                "A sweep's look at a slot, of all clients")
    draw_curves(rows, directory, "reclaim_alloc", "slots", "clients",
                "Allocate, share, drop, with half of the pool held")
