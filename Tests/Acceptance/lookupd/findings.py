"""What one case finds; kept until it ends, because cases run beside each other."""
from hostile.findings import shown


class Findings:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.lines = []

    def check(self, holds, statement, detail=""):
        """One statement that must hold; the case goes on when it does not."""
        if holds:
            self.passed += 1
            self.lines.append("ok   %s" % statement)
        else:
            self.failed += 1
            self.lines.append("FAIL %s%s" % (statement, ": %s" % str(detail)[:1500] if detail != "" else ""))
        return bool(holds)

    def equal(self, got, wanted, statement):
        return self.check(got == wanted, statement, "got %s, wanted %s" % (shown(got), shown(wanted)))

    def skip(self, statement, reason):
        self.skipped += 1
        self.lines.append("skip %s: %s" % (statement, reason))

    def note(self, text):
        """A measured figure, printed whether or not the case passes."""
        self.lines.append("     %s" % text)
