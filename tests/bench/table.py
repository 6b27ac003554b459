"""Values by row and emulator: medians, ratios, a table in Markdown."""
import math
import statistics


def short(value):
    return "%.0f" % value if abs(value) >= 1000 else "%.3g" % value if abs(value) < 100 else "%.1f" % value


class Line:
    """One line of the table. better: +1 if more is better, -1 if less is, 0: no ratio."""

    def __init__(self, name, unit, better):
        self.name, self.unit, self.better = name, unit, better
        self.values, self.user = {}, {}

    def add(self, emulator, value, user=None):
        self.values.setdefault(emulator.name, []).append(value)
        if user is not None:
            self.user.setdefault(emulator.name, []).append(user)

    def ratio(self, base, name):
        """How many times better than base: the median over the rounds, whose runs lie side by side in time."""
        a, b = self.values.get(base), self.values.get(name)
        if not self.better or not a or not b or 0 in a + b:
            return None
        pairs = zip(a, b) if len(a) == len(b) else [(statistics.median(a), statistics.median(b))]
        return statistics.median(y / x if self.better > 0 else x / y for x, y in pairs)


class Table:
    def __init__(self, emulators):
        self.names, self.lines, self.notes = [e.name for e in emulators], {}, []

    def line(self, name, unit, better):
        return self.lines.setdefault((name, unit), Line(name, unit, better))

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)

    def means(self, name, rows, unit):
        """A line with the geometric means of these rows, if all were measured."""
        lines = [self.lines[row, unit] for row in rows if (row, unit) in self.lines]
        if len(lines) != len(rows):
            return
        mean = Line(name, unit, lines[0].better)
        for emulator in self.names:
            if all(line.values.get(emulator) for line in lines):
                logs = [math.log(statistics.median(line.values[emulator])) for line in lines]
                mean.values[emulator] = [math.exp(statistics.fmean(logs))]
        self.lines[name, unit] = mean

    def cells(self, line):
        def median(values, name):
            return short(statistics.median(values[name])) if values.get(name) else ""
        base, others = self.names[0], self.names[1:]
        ratios = [line.ratio(base, name) for name in others]
        return ([line.name, line.unit] + [median(line.values, name) for name in self.names] +
                ["%.2f" % r if r else "" for r in ratios] + [median(line.user, name) for name in self.names])

    def markdown(self):
        head = (["", "unit"] + self.names + ["times better"] * (len(self.names) - 1) + [n + ", user s" for n in self.names])
        body = [self.cells(line) for line in self.lines.values()]
        width = [max(3, *(len(r[i]) for r in [head] + body)) for i in range(len(head))]

        def text(row):
            return "| " + " | ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(row, width))) + " |"
        rule = "|" + "|".join("-" * (w + 2) if i < 2 else "-" * (w + 1) + ":" for i, w in enumerate(width)) + "|"
        return "\n".join([text(head), rule] + [text(r) for r in body] + [""] * bool(self.notes) + ["- " + n for n in self.notes])

    def data(self):
        return {"emulators": self.names, "notes": self.notes,
                "rows": [{"row": line.name, "unit": line.unit, "values": line.values, "user": line.user} for line in self.lines.values()]}
